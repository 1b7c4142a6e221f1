/** What the server would do, asked once what is asked about has rested: it changes at every key. */
import { useQuery } from "@tanstack/react-query";

const REST = 350;

interface Options {
  enabled?: boolean;
  /** Milliseconds for which an answer holds. */
  kept?: number;
}

/** `data` is null or undefined until there is an answer; another `key` is another question. */
export const useTried = <Answer>(
  key: readonly unknown[],
  ask: () => Promise<Answer>,
  { enabled = true, kept = 10_000 }: Options = {},
) =>
  useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      await new Promise((rested) => setTimeout(rested, REST));
      return signal.aborted ? null : ask();
    },
    retry: false,
    enabled,
    staleTime: kept,
    gcTime: kept,
    // Whoever tries something tells there what came of it.
    meta: { told: true },
  });
