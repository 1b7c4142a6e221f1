/** Where people stand in a drawing of who reports to whom. Pure. */

interface Reporting {
  id: string;
  reports_to?: { id: string } | null;
}

export interface Placed<P> {
  person: P;
  /** In columns and rows, from 0. */
  x: number;
  y: number;
  boss: string | null;
}

/** Everybody who reports to somebody, over however many steps, and that one. */
export function under<P extends Reporting>(people: P[], id: string): Set<string> {
  const found = new Set([id]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of people)
      if (!found.has(one.id) && one.reports_to && found.has(one.reports_to.id)) {
        found.add(one.id);
        grown = true;
      }
  }
  return found;
}

/**
 * Bosses over the middle of those who report to them, everybody with room. Who reports to nobody here, or in a circle, stands at
 * the top; those without anybody over or under them come last, in rows of their own.
 */
export function place<P extends Reporting>(
  people: P[],
  columns = 3,
): { nodes: Placed<P>[]; width: number; height: number } {
  const known = new Map(people.map((one) => [one.id, one]));
  const bossOf = new Map<string, string | null>();
  for (const one of people) {
    const boss = one.reports_to?.id;
    bossOf.set(one.id, boss && known.has(boss) && !under(people, one.id).has(boss) ? boss : null);
  }
  const below = new Map<string, P[]>();
  for (const one of people) {
    const boss = bossOf.get(one.id);
    if (boss) below.set(boss, [...(below.get(boss) ?? []), one]);
  }
  const nodes: Placed<P>[] = [];
  let next = 0;
  let deepest = -1;
  const put = (person: P, y: number): number => {
    deepest = Math.max(deepest, y);
    const places = (below.get(person.id) ?? []).map((one) => put(one, y + 1));
    const x = places.length ? ((places[0] ?? 0) + (places.at(-1) ?? 0)) / 2 : next++;
    nodes.push({ person, x, y, boss: bossOf.get(person.id) ?? null });
    return x;
  };
  const tops = people.filter((one) => bossOf.get(one.id) === null);
  for (const one of tops.filter((top) => below.has(top.id))) put(one, 0);
  const wide = Math.max(next, columns);
  const alone = tops.filter((top) => !below.has(top.id));
  alone.forEach((person, at) => {
    nodes.push({ person, x: at % wide, y: deepest + 1 + Math.floor(at / wide), boss: null });
  });
  return {
    nodes,
    width: Math.max(next, Math.min(wide, alone.length)),
    height: deepest + 1 + Math.ceil(alone.length / wide),
  };
}
