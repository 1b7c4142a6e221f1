/**
 * What was asked of a list and the address does not say yet. The screen answers with its next picture; the address, and all that
 * is drawn from it, follow after that, as they take longer than a press should wait.
 */
import { type AnyRouter, useRouter, useSearch } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { news } from "../api/news";
import { afterPicture } from "../ui/picture";
import type { ListSearch } from "./state";

/** What the screen shows by itself, before anything has been asked of the server. */
const SHOWN: ReadonlySet<string> = new Set(["sort", "preview"] satisfies (keyof ListSearch)[]);

type Go = (search: ListSearch, replace: boolean) => unknown;

interface Asked {
  search: ListSearch;
  /** Where it was asked: somewhere else it means nothing. */
  at: unknown;
  /** Whether the address has yet to be told. */
  waits: boolean;
  replace: boolean;
}

let asked: Asked | null = null;
const changes = news();

function tell(next: Asked | null): void {
  asked = next;
  changes.tell();
}

const waiting = (router: AnyRouter): Asked | null =>
  asked?.waits && asked.at === router.latestLocation ? asked : null;

/** The state as it is by now: two changes one after the other keep both. */
export const latest = (router: AnyRouter): Record<string, unknown> =>
  (waiting(router)?.search as Record<string, unknown> | undefined) ?? router.latestLocation.search;

/** Goes there: at once, or, where the screen can answer before, after it has. */
export function goTo(router: AnyRouter, search: ListSearch, patch: ListSearch, replace: boolean, go: Go): void {
  const before = waiting(router);
  const mine: Asked = {
    search,
    at: router.latestLocation,
    waits: true,
    replace: replace && (before?.replace ?? true),
  };
  const leave = () => {
    // Another one came after it, or one has gone elsewhere meanwhile.
    if (asked !== mine) return;
    if (mine.at !== router.latestLocation) return tell(null);
    mine.waits = false;
    void Promise.resolve(go(search, mine.replace)).finally(() => asked === mine && tell(null));
  };
  tell(mine);
  if (Object.keys(patch).every((name) => SHOWN.has(name))) afterPicture(leave);
  else leave();
}

/** A part of the list's state as it was asked for, whether or not the address says so already. */
export function useAsked(select: (search: ListSearch) => string | undefined): string | undefined {
  const router = useRouter();
  const said = useSearch({ strict: false, select: (search): string | undefined => select(search as ListSearch) });
  const ahead = useSyncExternalStore(changes.hear, () =>
    asked && (!asked.waits || asked.at === router.latestLocation) ? select(asked.search) : null,
  );
  return ahead === null ? said : ahead;
}
