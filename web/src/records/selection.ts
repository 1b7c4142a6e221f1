/** Which records of a list are chosen: some of those loaded, or everything that matches. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { RecordData } from "../schema/catalog";

export interface Selection {
  ids: ReadonlySet<string>;
  /** Everything that the list's filter matches, loaded or not. */
  all: boolean;
  /** Number of chosen records among those loaded. */
  size: number;
  has: (id: string) => boolean;
  /** `range` chooses everything between this row and the one touched before. */
  toggle: (id: string, range?: boolean) => void;
  toggleLoaded: () => void;
  selectAll: () => void;
  clear: () => void;
}

export function useSelection(rows: RecordData[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const last = useRef<string | null>(null);
  const latest = useRef(rows);
  latest.current = rows;

  const toggle = useCallback((id: string, range = false) => {
    const order = latest.current.map((row) => row.id);
    const [from, to] = [order.indexOf(last.current ?? ""), order.indexOf(id)];
    last.current = id;
    setAll(false);
    setIds((old) => {
      const next = new Set(old);
      const on = !next.has(id);
      const touched = range && from >= 0 && to >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
      for (const one of touched) on ? next.add(one) : next.delete(one);
      return next;
    });
  }, []);
  const clear = useCallback(() => {
    setAll(false);
    setIds((old) => (old.size ? new Set() : old));
  }, []);

  return useMemo(
    () => ({
      ids,
      all,
      size: all ? rows.length : ids.size,
      has: (id) => all || ids.has(id),
      toggle,
      toggleLoaded: () => {
        setAll(false);
        setIds(all || rows.every((row) => ids.has(row.id)) ? new Set() : new Set(rows.map((row) => row.id)));
      },
      selectAll: () => {
        setIds(new Set(rows.map((row) => row.id)));
        setAll(true);
      },
      clear,
    }),
    [ids, all, rows, toggle, clear],
  );
}
