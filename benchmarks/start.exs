# Twin of start.ts: ms until ready.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule Start do
  def main do
    Rounds.serve(fn
      "one", times -> Rounds.latencies(times, 1_000_000, &one/0)
      "children", count -> children(count)
    end)
  end

  defp one do
    {:ok, counter} = Counter.start_link(0)
    GenServer.call(counter, {:bump, 1})
  end

  defp children(count) do
    specs = for id <- 1..count, do: Supervisor.child_spec({Counter, 0}, id: id)
    begun = Rounds.now()
    {:ok, supervisor} = Supervisor.start_link(specs, strategy: :one_for_one)
    ms = (Rounds.now() - begun) / 1_000_000
    Supervisor.stop(supervisor)
    [ms]
  end
end

Start.main()
