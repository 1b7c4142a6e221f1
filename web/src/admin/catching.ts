import type { Ref } from "../schema/catalog";
import { same } from "../schema/filter";

const listed = (...all: unknown[]): boolean =>
  all.every((list) => Array.isArray(list) && list.every((one) => typeof one?.id === "string"));

/** Who came or went by either hand. */
function together(mine: Ref[], was: Ref[], now: Ref[]): Ref[] {
  const [own, before] = [mine, was].map((list) => new Set(list.map(({ id }) => id))) as [Set<string>, Set<string>];
  const kept = now.filter(({ id }) => own.has(id) || !before.has(id));
  return [...kept, ...mine.filter(({ id }) => !before.has(id) && !now.some((one) => one.id === id))];
}

/**
 * What is written in a form when what is saved has become another: parts that were left alone follow it, and what was written stays;
 * not where both have changed, for one would put away the other unseen. Those are named. Of records that are listed both come in.
 */
export function caughtUp<Draft extends object>(draft: Draft, was: Draft, now: Draft): [Draft, (keyof Draft)[]] {
  const written = (Object.keys(draft) as (keyof Draft)[]).filter((key) => !same(draft[key], was[key]));
  const both = (key: keyof Draft) => !same(was[key], now[key]) && !same(draft[key], now[key]);
  const several = (key: keyof Draft) => both(key) && listed(draft[key], was[key], now[key]);
  const lost = written.filter((key) => both(key) && !several(key));
  const joined = (key: keyof Draft) => together(...([draft[key], was[key], now[key]] as [Ref[], Ref[], Ref[]]));
  const kept = written
    .filter((key) => !lost.includes(key))
    .map((key) => [key, several(key) ? joined(key) : draft[key]]);
  return [{ ...now, ...(Object.fromEntries(kept) as Partial<Draft>) }, lost];
}
