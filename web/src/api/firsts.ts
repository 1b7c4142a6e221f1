/** What somebody did first, wherever it was: kept on this machine, for it is about getting to know the page and not about data. */
import { useSyncExternalStore } from "react";
import { news } from "./news";

export interface Firsts {
  done: string[];
  /** Whether the list of first things to do was put away. */
  away: boolean;
}

const NONE: Firsts = { done: [], away: false };
const { tell, hear } = news();
let owner = "";
let firsts = NONE;

/** Each person has their own. */
export function openFirsts(user: string): void {
  if (owner === user) return;
  // What the first screen did before it was known whose it is.
  const early = owner ? [] : firsts.done;
  owner = user;
  try {
    firsts = { ...NONE, ...JSON.parse(localStorage.getItem(`guanxi.tour.${user}`) ?? "{}") };
  } catch {
    firsts = NONE;
  }
  early.forEach(did);
  tell();
}

export function keepFirsts(next: Partial<Firsts>): void {
  firsts = { ...firsts, ...next };
  if (owner) localStorage.setItem(`guanxi.tour.${owner}`, JSON.stringify(firsts));
  tell();
}

/** `open account`, `create task`, `import`, `search`. */
export function did(what: string): void {
  if (!firsts.done.includes(what)) keepFirsts({ done: [...firsts.done, what] });
}

export const useFirsts = (): Firsts => useSyncExternalStore(hear, () => firsts);
