/** Text that is not saved yet outlives a closed tab: it is kept on this machine, by person and place. */
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useMe } from "../api/queries";

interface Kept<T> {
  at: number;
  value: T;
}

const MAX_AGE = 30 * 86_400_000;

export interface Draft<T> {
  /** What was kept when this place was opened, and when. */
  found: Kept<T> | null;
  /** Keeps a value soon; null forgets it at once. */
  keep: (value: T | null) => void;
}

/** A draft under `place`, such as `create.account`. */
export function useDraft<T>(place: string): Draft<T> {
  const me = useMe();
  const key = `guanxi.draft.${me.id}.${place}`;
  const pending = useRef<{ timer: ReturnType<typeof setTimeout>; write: () => void } | null>(null);

  const found = useMemo(() => {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Kept<T> | null;
      return kept && Date.now() - kept.at < MAX_AGE ? kept : null;
    } catch {
      return null;
    }
  }, [key]);

  const flush = useCallback(() => {
    if (!pending.current) return;
    clearTimeout(pending.current.timer);
    pending.current.write();
    pending.current = null;
  }, []);

  // Leaving the page, or the tab going out of sight, may be the end of it.
  useEffect(() => {
    window.addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", flush);
      flush();
    };
  }, [flush]);

  const keep = useCallback(
    (value: T | null) => {
      if (pending.current) clearTimeout(pending.current.timer);
      pending.current = null;
      if (value === null) {
        localStorage.removeItem(key);
        return;
      }
      const write = () => {
        try {
          localStorage.setItem(key, JSON.stringify({ at: Date.now(), value }));
        } catch {
          // A full store loses the draft, not the form.
        }
      };
      pending.current = { timer: setTimeout(() => flush(), 300), write };
    },
    [key, flush],
  );

  return useMemo(() => ({ found, keep }), [found, keep]);
}
