# Twin of tables.ts: what one of `count` takes, in µs.
Code.require_file("fixtures/rounds.exs", __DIR__)

defmodule Tables do
  @rows 10_000
  @options [:public, read_concurrency: true, write_concurrency: true]

  def main do
    table = :ets.new(:rows, @options)
    for i <- 0..(@rows - 1), do: :ets.insert(table, {i, i})

    Rounds.serve(fn
      "lookup", count -> each(count, fn i -> :ets.lookup(table, rem(i, @rows)) end)
      "add", count -> each(count, fn _ -> add(table, "row 0") end)
      "add_two", count -> two(count, table)
      "insert", count -> fill(:set, count)
      "insert_ordered", count -> fill(:ordered_set, count)
    end)
  end

  defp add(table, key), do: :ets.update_counter(table, key, 1, {key, 0})

  defp two(count, table) do
    {time, _} =
      :timer.tc(fn ->
        0..1
        |> Enum.map(fn i -> Task.async(fn -> loop(0, count, fn _ -> add(table, "row #{i}") end) end) end)
        |> Enum.each(&Task.await(&1, 60_000))
      end)

    [time / count / 2]
  end

  defp fill(type, count) do
    table = :ets.new(:filled, [type | @options])
    samples = each(count, fn i -> :ets.insert(table, {rem(i * 7919, count), i}) end)
    :ets.delete(table)
    samples
  end

  defp each(count, once) do
    {time, _} = :timer.tc(fn -> loop(0, count, once) end)
    [time / count]
  end

  defp loop(count, count, _once), do: :ok

  defp loop(i, count, once) do
    once.(i)
    loop(i + 1, count, once)
  end
end

Tables.main()
