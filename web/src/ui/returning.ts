/** The focus goes back from what is gone. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** Whether nothing has the focus: what had it was taken away. */
export const focusLost = (): boolean => !document.activeElement || document.activeElement === document.body;

/** What had the focus when it was taken away, and where the focus was before: the next panel in a row begins from the former. */
const before = new WeakMap<Element, Element>();

/** Remembers, of what is about to be taken away with the focus, where the focus was before. */
export function leadsBack(at: Element | null, from: Element | null): void {
  if (at && from && at !== from) before.set(at, from);
}

/** Where to go back to: what is still there of what led here. */
export function backFrom(from: Element | null): HTMLElement | null {
  let found = from;
  for (let step = 0; found && !found.isConnected && step < 9; step++) found = before.get(found) ?? null;
  return found instanceof HTMLElement && found !== document.body && found.isConnected ? found : null;
}

/**
 * What comes and goes with this gives the focus back when it takes it along: to where it was before, or else to what it
 * belongs to (``home``), or else to the page.
 */
export function useReturning(home?: () => HTMLElement | null): void {
  const belongs = useRef(home);
  belongs.current = home;
  const [from] = useState(() => document.activeElement);
  // While it is being taken away, what has the focus is still known.
  useLayoutEffect(() => () => leadsBack(document.activeElement, from), [from]);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (!focusLost()) return;
        const to = backFrom(from) ?? belongs.current?.() ?? document.getElementById("sheet");
        to?.focus({ preventScroll: true });
      });
    },
    [from],
  );
}
