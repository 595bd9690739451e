# Twin of call.ts: samples in µs.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule Call do
  def main do
    {:ok, counter} = Counter.start_link(0)
    Rounds.serve(fn "one_at_a_time", calls -> Rounds.latencies(calls, 1000, fn -> GenServer.call(counter, {:bump, 1}) end) end)
  end
end

Call.main()
