# Twin of cast.ts: all casts, until the last one is handled.
Code.require_file("fixtures/rounds.exs", __DIR__)
Code.require_file("fixtures/counter.exs", __DIR__)

defmodule Cast do
  def main do
    {:ok, counter} = Counter.start_link(0)

    Rounds.serve(fn "cast", casts ->
      Rounds.rate(casts, fn ->
        send_all(counter, casts)
        GenServer.call(counter, :get, :infinity)
      end)
    end)
  end

  defp send_all(_counter, 0), do: :ok

  defp send_all(counter, left) do
    GenServer.cast(counter, {:add, 1})
    send_all(counter, left - 1)
  end
end

Cast.main()
