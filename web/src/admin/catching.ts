import { same } from "../schema/filter";

/**
 * What is written in a form when what is saved has become another: parts that were left alone follow it, and what was written stays;
 * not where both have changed, for one would put away the other unseen. Those are named.
 */
export function caughtUp<Draft extends object>(draft: Draft, was: Draft, now: Draft): [Draft, (keyof Draft)[]] {
  const written = (Object.keys(draft) as (keyof Draft)[]).filter((key) => !same(draft[key], was[key]));
  const lost = written.filter((key) => !same(was[key], now[key]) && !same(draft[key], now[key]));
  const kept = written.filter((key) => !lost.includes(key)).map((key) => [key, draft[key]]);
  return [{ ...now, ...(Object.fromEntries(kept) as Partial<Draft>) }, lost];
}
