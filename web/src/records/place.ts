/** Where one was in a list, for when one comes back to it: by its entry in the browser's history. */
import { type RefObject, useLayoutEffect } from "react";
import { focusLost } from "../ui";

interface Place {
  /** What the list showed, by its address: of another order or filter other records stand there. */
  of: string;
  /** How far it was scrolled. */
  top?: number;
  /** The record that the cursor was on, or that was opened, and the cell. */
  id?: string;
  line?: number;
  col?: number;
}

const kept = new Map<string, Place>();

/** What is replaced keeps its number among the entries. */
const entry = (): string => `${history.state?.__TSR_index} ${location.pathname}`;

function shown(): string {
  const search = new URLSearchParams(location.search);
  search.delete("preview");
  return search.toString();
}

export function placeHere(): Place | undefined {
  const place = kept.get(entry());
  return place?.of === shown() ? place : undefined;
}

export function keepPlace(part: Partial<Place>): void {
  kept.set(entry(), { ...placeHere(), ...part, of: shown() });
}

/** Nobody has gone on to something else. */
export const untouched = (): boolean => focusLost() || document.activeElement?.id === "sheet";

/** A card that was opened is in sight, and has the keyboard, when one comes back to where it hangs. */
export function useReturned(id: string, card: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    if (placeHere()?.id !== id) return;
    keepPlace({ id: undefined });
    card.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (untouched()) card.current?.focus({ preventScroll: true });
  }, [id, card]);
}

/** The card of a board or calendar that is opened from there. */
export function keepOpened(event: { target: EventTarget }): void {
  const card = event.target instanceof Element && event.target.closest<HTMLElement>("[data-card]");
  if (card) keepPlace({ id: card.dataset.card });
}
