# Twin of memory.ts: the MB that each of `count` servers adds.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule Memory do
  def main do
    Rounds.serve(fn "children", count ->
      :erlang.garbage_collect()
      before = :erlang.memory(:total)
      specs = for id <- 1..count, do: Supervisor.child_spec({Counter, 0}, id: id)
      {:ok, supervisor} = Supervisor.start_link(specs, strategy: :one_for_one)
      each = (:erlang.memory(:total) - before) / count / 1_048_576
      Supervisor.stop(supervisor)
      [max(each, 0.0)]
    end)
  end
end

Memory.main()
