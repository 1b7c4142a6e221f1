/** Which records of a list are chosen: these, or everything that matches but these. */
import { useCallback, useMemo, useState } from "react";
import type { Target } from "../api/writes";
import { both, type Filter } from "../schema/filter";

export interface Selection {
  /** Everything that the list finds, loaded or not, but for `ids`. */
  all: boolean;
  ids: ReadonlySet<string>;
  /** How many of a list of `count`. */
  size: (count: number | undefined) => number;
  some: boolean;
  has: (id: string) => boolean;
  choose: (ids: string[], on: boolean) => void;
  chooseAll: () => void;
  clear: () => void;
  /** The chosen ones, for a change of many. */
  target: (filter: Filter | null, q: string) => Target;
}

const NONE: ReadonlySet<string> = new Set();

export function useSelection(): Selection {
  const [{ ids, all }, set] = useState({ ids: NONE, all: false });
  const choose = useCallback((touched: string[], on: boolean) => {
    set((old) => {
      const next = new Set(old.ids);
      for (const id of touched) on !== old.all ? next.add(id) : next.delete(id);
      return { ...old, ids: next };
    });
  }, []);
  const chooseAll = useCallback(() => set({ ids: NONE, all: true }), []);
  const clear = useCallback(() => set((old) => (old.all || old.ids.size ? { ids: NONE, all: false } : old)), []);
  return useMemo(
    () => ({
      all,
      ids,
      size: (count) => (all ? Math.max(0, (count ?? 0) - ids.size) : ids.size),
      some: all || ids.size > 0,
      has: (id) => all !== ids.has(id),
      choose,
      chooseAll,
      clear,
      target: (filter, q) =>
        all
          ? {
              filter: both(filter, ids.size ? { field: "id", op: "not_in", value: [...ids] } : null),
              q: q || undefined,
            }
          : { ids: [...ids] },
    }),
    [all, ids, choose, chooseAll, clear],
  );
}
