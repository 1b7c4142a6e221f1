/** Numbers cut into a handful of spans with round edges, for a picture of how a column's figures lie. */

const STEPS = [1, 2, 5, 10];

/** The round number at or above `n`: 1, 2 or 5 and zeros. */
function round(n: number): number {
  const size = 10 ** Math.floor(Math.log10(n));
  return size * (STEPS.find((step) => step * size >= n * 0.999999) ?? 10);
}

/** Edges of at most `most` spans over `[least, largest]`, the last one beyond it. Amounts of many sizes are cut by size. */
export function edges(least: number, largest: number, most = 8): number[] {
  if (!(largest > least)) return [least, least + 1];
  if (least > 0 && largest / least > 100) {
    const found: number[] = [];
    for (let size = 10 ** Math.floor(Math.log10(least)); found.length < 40; size *= 10) {
      for (const step of STEPS.slice(0, 3)) found.push(size * step);
      if (size > largest) break;
    }
    const from = found.findLastIndex((edge) => edge <= least);
    const to = found.findIndex((edge) => edge > largest);
    const inside = found.slice(Math.max(0, from), to + 1);
    const every = Math.ceil((inside.length - 1) / most);
    const kept = inside.filter((_, at) => at % every === 0);
    return kept.at(-1) === inside.at(-1) ? kept : [...kept, inside.at(-1) as number];
  }
  const step = round((largest - least) / most);
  // Sums of tenths are not exact: the edges are, and decide.
  const edge = (n: number) => Number((n * step).toPrecision(12));
  let at = Math.floor(least / step);
  if (edge(at + 1) <= least) at += 1;
  const found = [edge(at)];
  while ((found.at(-1) as number) <= largest) found.push(edge(++at));
  return found;
}
