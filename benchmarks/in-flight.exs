# Twin of in-flight.ts: a thousand callers share the calls.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule InFlight do
  @callers 1000

  def main do
    {:ok, counter} = Counter.start_link(0)

    Rounds.serve(fn "in_flight", calls ->
      callers = for _ <- 1..@callers, do: spawn_monitor(fn -> caller(counter, div(calls, @callers)) end)
      Rounds.rate(calls, fn -> share(callers) end)
    end)
  end

  defp share(callers) do
    for {pid, _ref} <- callers, do: send(pid, :go)
    for {_pid, ref} <- callers, do: receive(do: ({:DOWN, ^ref, _, _, _} -> :ok))
  end

  defp caller(counter, each) do
    receive do: (:go -> calls(counter, each))
  end

  defp calls(_counter, 0), do: :ok

  defp calls(counter, left) do
    GenServer.call(counter, {:bump, 1})
    calls(counter, left - 1)
  end
end

InFlight.main()
