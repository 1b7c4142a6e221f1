/** Enter before the answer: what stands in a list then is the answer to something else, so the choice waits for its own. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

/**
 * `busy` says that the answer to what was typed is not here yet, `take` takes the first of it. Keys go to `onKey` before the
 * list hears them, and `typed` says that something else is asked.
 */
export function useEager(busy: boolean, take: () => void) {
  const [eager, setEager] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (!eager || busy) return;
    setEager(false);
    latest.current();
  }, [eager, busy]);
  return {
    onKey: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !busy || event.nativeEvent.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      setEager(true);
    },
    typed: () => setEager(false),
  };
}
