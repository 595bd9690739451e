# Twin of restart.ts: ms from the crash to the first reply of the next incarnation.
Code.require_file("fixtures/rounds.exs", __DIR__)

defmodule Mortal do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @impl true
  def init(state), do: {:ok, state}

  @impl true
  def handle_call(:who_are_you, _from, state), do: {:reply, self(), state}

  @impl true
  def handle_cast(:throw, _state), do: raise("as told")
  def handle_cast(:exit, _state), do: exit(:as_told)
end

defmodule Restart do
  def main do
    :logger.set_primary_config(:level, :none)
    {:ok, _} = Supervisor.start_link([Mortal], strategy: :one_for_one, max_restarts: 1_000_000, max_seconds: 1)
    Rounds.serve(fn how, crashes -> Rounds.latencies(crashes, 1_000_000, fn -> crash(how, alive()) end) end)
  end

  defp crash("kill", pid), do: Process.exit(pid, :kill) && reborn(pid)
  defp crash(how, pid), do: GenServer.cast(pid, String.to_atom(how)) && reborn(pid)

  defp reborn(before) do
    case ask() do
      pid when is_pid(pid) and pid != before -> pid
      _ -> reborn(before)
    end
  end

  defp alive, do: ask() || alive()

  defp ask do
    GenServer.call(Mortal, :who_are_you)
  catch
    :exit, _ -> nil
  end
end

Restart.main()
