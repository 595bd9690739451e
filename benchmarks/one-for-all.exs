# Twin of one-for-all.ts: ms from the kill of the first to replies from all.
Code.require_file("fixtures/rounds.exs", __DIR__)

defmodule Member do
  use GenServer

  def start_link(name), do: GenServer.start_link(__MODULE__, nil, name: name)

  @impl true
  def init(state), do: {:ok, state}

  @impl true
  def handle_call(:who_are_you, _from, state), do: {:reply, self(), state}
end

defmodule OneForAll do
  @members for i <- 1..10, do: :"member#{i}"

  def main do
    :logger.set_primary_config(:level, :none)
    specs = for name <- @members, do: Supervisor.child_spec({Member, name}, id: name)
    {:ok, _} = Supervisor.start_link(specs, strategy: :one_for_all, max_restarts: 1_000_000, max_seconds: 1)
    Rounds.serve(fn "kill", kills -> Rounds.latencies(kills, 1_000_000, &kill/0) end)
  end

  defp kill do
    monitors = for name <- @members, do: {name, Process.monitor(Process.whereis(name))}
    Process.exit(Process.whereis(hd(@members)), :kill)

    for {name, ref} <- monitors do
      receive do: ({:DOWN, ^ref, _, _, _} -> :ok)
      serving(name)
    end
  end

  defp serving(name) do
    GenServer.call(name, :who_are_you)
  catch
    :exit, _ -> serving(name)
  end
end

OneForAll.main()
