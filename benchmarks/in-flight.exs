# Twin of in-flight.ts: a thousand callers share the calls.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule InFlight do
  @callers 1000

  def main do
    {:ok, counter} = Counter.start_link(0)
    Rounds.serve(fn "in_flight", calls -> Rounds.rate(calls, fn -> share(counter, div(calls, @callers)) end) end)
  end

  defp share(counter, each) do
    for(_ <- 1..@callers, do: spawn_monitor(fn -> calls(counter, each) end))
    |> Enum.each(fn {_pid, ref} -> receive do: ({:DOWN, ^ref, _, _, _} -> :ok) end)
  end

  defp calls(_counter, 0), do: :ok

  defp calls(counter, left) do
    GenServer.call(counter, {:bump, 1})
    calls(counter, left - 1)
  end
end

InFlight.main()
