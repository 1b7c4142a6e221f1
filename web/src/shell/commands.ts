/** What the command box can do: places to go, things to make, what the open page offers. Found by words, letters or pinyin initials. */
import { useEffect, useRef } from "react";
import type { MenuItem } from "../ui";

const offers = new Set<() => MenuItem[]>();

/** A page's own commands, there as long as the page is. Headings and rules among the items are left out. */
export function useCommands(items: readonly (MenuItem | { type: "divider" } | null | undefined)[]): void {
  const latest = useRef(items);
  latest.current = items;
  useEffect(() => {
    const offer = () =>
      latest.current.filter((item): item is MenuItem => !!item && "key" in item && !!(item as MenuItem).onClick);
    offers.add(offer);
    return () => {
      offers.delete(offer);
    };
  }, []);
}

export const commandsHere = (): MenuItem[] => [...offers].flatMap((offer) => offer());

/** The first character of each letter in pinyin order: a browser can sort by pinyin, though it cannot spell it. */
const LETTERS = "abcdefghjklmnopqrstwxyz";
const FIRST = [..."阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀"];
let byPinyin: Intl.Collator | undefined;
const HAN = /\p{Script=Han}/u;

/** kh for 客户; what is not Chinese stays. */
export function initials(text: string): string {
  byPinyin ??= new Intl.Collator("zh-Hans-CN-u-co-pinyin");
  const { compare } = byPinyin;
  return [...text.toLowerCase()]
    .map((char) => {
      if (!HAN.test(char)) return /[a-z0-9]/.test(char) ? char : "";
      const at = FIRST.findLastIndex((first) => compare(first, char) <= 0);
      return LETTERS[at] ?? "";
    })
    .join("");
}

/** How well a name fits what was typed; null when it does not. Smaller is better. */
export function match(name: string, q: string): number | null {
  const text = name.toLowerCase();
  const wanted = q.toLowerCase().replace(/\s+/g, "");
  if (!wanted) return 0;
  const at = text.replace(/\s+/g, "").indexOf(wanted);
  if (at === 0) return 0;
  if (at > 0) return 1;
  const short = initials(name).indexOf(wanted);
  if (HAN.test(name) && short >= 0) return short === 0 ? 1 : 2;
  // Letters in their order, each word begun at its beginning: "npl" finds "New price list".
  const words = text.split(/[^\p{L}\p{N}]+/u).map((word) => word[0] ?? "");
  return words.join("").includes(wanted) ? 2 : null;
}
