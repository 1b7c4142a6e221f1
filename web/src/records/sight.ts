/** Which lines of a long list stand in the document: those in sight at once, some before and after them when there is time. */
import { type RefObject, startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

/** Lines kept ready above and below the sight. */
const READY = 12;

type Span = readonly [from: number, to: number];

/** What is drawn when `sight` has to be there at once: of what was drawn nothing that is still near is taken away. */
export function atOnce([from, to]: Span, [first, last]: Span): Span {
  if (last < from - READY || first > to + READY) return [from, to];
  return [Math.min(from, Math.max(first, from - READY)), Math.max(to, Math.min(last, to + READY))];
}

/** `height` is what every line has, `room` what the sight has before anything was measured. */
export function useSight(scroller: RefObject<HTMLElement | null>, height: number, room: number): Span {
  const [drawn, draw] = useState<Span>([0, Math.ceil(room / height)]);
  const there = useRef(drawn);
  useLayoutEffect(() => {
    there.current = drawn;
  }, [drawn]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    // Asking for it would have the page laid out anew.
    let tall = room;
    const look = (now: boolean) => {
      const sight: Span = [Math.floor(box.scrollTop / height), Math.floor((box.scrollTop + tall) / height)];
      const [from, to] = sight;
      const [first, last] = there.current;
      // Nothing is ever seen empty that could be there: a jump is drawn with the picture that shows it.
      if (now && (from < first || to > last)) flushSync(() => draw(atOnce(sight, there.current)));
      startTransition(() =>
        draw((was) => {
          const [start, end] = [Math.max(0, from - READY), to + READY];
          return was[0] === start && was[1] === end ? was : [start, end];
        }),
      );
    };
    const scrolled = () => look(true);
    const sized = new ResizeObserver(([entry]) => {
      tall = entry?.contentRect.height ?? tall;
      look(false);
    });
    sized.observe(box);
    box.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      sized.disconnect();
      box.removeEventListener("scroll", scrolled);
    };
  }, [scroller, height, room]);
  return drawn;
}
