/** Text that is not saved yet outlives a closed tab: it is kept on this machine, by person and place. */
import { useMemo } from "react";
import { useMe } from "../api/queries";

interface Kept<T> {
  at: number;
  value: T;
}

const PREFIX = "guanxi.draft.";
const MAX_AGE = 30 * 86_400_000;
/** Milliseconds of quiet after which it is kept. */
const SOON = 300;

export interface Draft<T> {
  /** What was kept when this place was opened, and when. */
  found: Kept<T> | null;
  /** Keeps a value soon; null forgets it at once. */
  keep: (value: T | null) => void;
}

const waiting = new Map<string, unknown>();
let timer: ReturnType<typeof setTimeout>;

function flush(): void {
  clearTimeout(timer);
  for (const [key, value] of waiting)
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), value }));
    } catch {
      // A full store loses the draft, not the form.
    }
  waiting.clear();
}

// Leaving the page, or the tab going out of sight, may be the end of it.
window.addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", flush);

function read<T>(key: string): Kept<T> | null {
  flush();
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Kept<T> | null;
    return kept && Date.now() - kept.at < MAX_AGE ? kept : null;
  } catch {
    return null;
  }
}

/** A draft under `place`, such as `create.account` or `edit.<id>`. */
export function useDraft<T>(place: string): Draft<T> {
  const key = `${PREFIX}${useMe().id}.${place}`;
  return useMemo(
    () => ({
      found: read<T>(key),
      keep: (value) => {
        clearTimeout(timer);
        waiting.delete(key);
        if (value === null) localStorage.removeItem(key);
        else waiting.set(key, value);
        timer = setTimeout(flush, SOON);
      },
    }),
    [key],
  );
}

/** What was being written at one record goes on at the other that it went into, unless something is being written there. */
export function carryDrafts(from: string, to: string): void {
  flush();
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX) || !key.endsWith(`.${from}`)) continue;
    const there = key.slice(0, -from.length) + to;
    if (localStorage.getItem(there)) continue;
    localStorage.setItem(there, localStorage.getItem(key) ?? "");
    localStorage.removeItem(key);
  }
}
