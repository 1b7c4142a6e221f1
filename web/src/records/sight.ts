/**
 * Which lines of a long list stand in the document: those in sight at once, some before and after them when there is time.
 * A list may be longer than a browser can lay out; its lines then stand in a box that is as high as it can be.
 */
import { type RefObject, startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { keepPlace, placeHere } from "./place";

/** Pixels that are kept ready above and below the sight. */
const READY = 432;
/** The highest box, in pixels. Firefox lays out 17.8 million of them, Chromium 33.5. */
const LIMIT = 10_000_000;
/** So high is the box of a list of that length. */
const boxOf = (length: number): number => Math.min(length, LIMIT);
/** Pixels that a wheel, a key or a finger does not go within one frame; one pixel of the scroll bar is more of a full box. */
const LEAP = 2_500;
/** Up to so far from either end of a full box a pixel of it is a pixel of the list. */
const END = 100_000;

export type Span = readonly [from: number, to: number];

/** Where the lines of a list stand. */
export interface Lay {
  /** All of them together. */
  length: number;
  start: (line: number) => number;
  /** The line that stands there. */
  at: (top: number) => number;
  /** Lines kept ready above and below the sight. */
  ready: number;
}

/** How many lines of a height are kept ready. */
export const readyOf = (height: number): number => Math.ceil(READY / height);

/** Lines of one height. */
export const even = (lines: number, height: number): Lay => ({
  length: lines * height,
  start: (line) => line * height,
  at: (top) => Math.max(0, Math.floor(top / height)),
  ready: readyOf(height),
});

/**
 * Where one is in a list by what its box says. Up to the limit both are the same. Beyond it, what goes line by line in the
 * box does so in the list, and what leaps, as the scroll bar does, leaps to the same part of the list.
 */
export class Track {
  shift = 0;
  private length = 0;
  private was = 0;

  private get height(): number {
    return boxOf(this.length);
  }

  private get over(): number {
    return this.length - this.height;
  }

  /** More lines, or fewer. */
  sized(length: number): void {
    this.length = length;
    this.shift = Math.max(0, Math.min(this.shift, this.over));
  }

  /** Where one is in the list, the box being at `top`. */
  read(top: number): number {
    if (Math.abs(top - this.was) > LEAP) this.shift = Math.round(this.listed(top)) - top;
    this.was = top;
    return top + this.shift;
  }

  /** To what the box has to be set to stand at a place in the list, being at `top`. */
  aim(place: number, top: number): number {
    const near = place - this.shift;
    this.was = Math.abs(near - top) <= LEAP && !this.ends(near) ? near : this.boxed(place);
    this.shift = place - this.was;
    return this.was;
  }

  /** Moves the box no farther than it has to for one to stand between two places. */
  bring(box: { scrollTop: number }, least: number, most: number): void {
    const top = box.scrollTop;
    const here = this.read(top);
    if (here > most) box.scrollTop = this.aim(Math.max(0, most), top);
    else if (here < least) box.scrollTop = this.aim(least, top);
  }

  /** Near an end of the box that is not the list's the box has to be set anew for one to go on. */
  ends(top: number): boolean {
    const margin = 2 * LEAP;
    return (top < margin && this.shift > 0) || (top > this.height - margin && this.shift < this.over);
  }

  private listed(top: number): number {
    const room = this.height - 2 * END;
    if (!this.over || top <= END) return top;
    if (top >= END + room) return top + this.over;
    return END + ((top - END) * (room + this.over)) / room;
  }

  private boxed(place: number): number {
    const room = this.height - 2 * END;
    if (!this.over || place <= END) return place;
    if (place >= this.length - END) return place - this.over;
    return Math.round(END + ((place - END) * room) / (room + this.over));
  }
}

/** What is drawn when `sight` has to be there at once: of what was drawn nothing that is still near is taken away. */
export function atOnce([from, to]: Span, [first, last]: Span, ready: number): Span {
  if (last < from - ready || first > to + ready) return [from, to];
  return [Math.min(from, Math.max(first, from - ready)), Math.max(to, Math.min(last, to + ready))];
}

interface Drawn {
  span: Span;
  /** What stands in the list at a place stands so much higher in the box. */
  shift: number;
}

interface Sight extends Drawn {
  /** Of the box. */
  height: number;
}

/** To where one was in the list when one left it. */
export function comeBack(box: HTMLElement, track: Track): void {
  const top = placeHere()?.top;
  if (top) box.scrollTop = track.aim(top, box.scrollTop);
}

/** `room` is what the sight has before anything was measured. */
export function useSight(scroller: RefObject<HTMLElement | null>, track: Track, lay: Lay, room: number): Sight {
  const [drawn, draw] = useState<Drawn>(() => ({ span: [0, lay.at(room) + 1], shift: 0 }));
  const there = useRef({ drawn, lay });
  const again = useRef<() => void>(undefined);
  const { length } = lay;
  const begun = useRef(false);
  const high = lay.start(1);
  useLayoutEffect(() => {
    there.current = { drawn, lay };
  });
  useLayoutEffect(() => {
    track.sized(length);
    const box = scroller.current;
    if (length > 0 && box && !begun.current) {
      begun.current = true;
      comeBack(box, track);
    }
    draw((was) => (was.shift === track.shift ? was : { ...was, shift: track.shift }));
  }, [track, length, scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of lines of another height others are in sight
  useEffect(() => again.current?.(), [high]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    // Asking for it would have the page laid out anew.
    let tall = room;
    const look = (now: boolean) => {
      const { lay, drawn } = there.current;
      let at = box.scrollTop;
      const top = track.read(at);
      if (track.ends(at)) {
        at = track.aim(top, at);
        box.scrollTop = at;
      }
      const { shift } = track;
      const sight: Span = [lay.at(top), lay.at(top + tall)];
      const [from, to] = sight;
      const [first, last] = drawn.span;
      // Nothing is ever seen empty that could be there: a jump is drawn with the picture that shows it.
      if (shift !== drawn.shift || (now && (from < first || to > last)))
        flushSync(() => draw({ span: atOnce(sight, drawn.span, lay.ready), shift }));
      startTransition(() =>
        draw((was) => {
          const [start, end] = [Math.max(0, from - lay.ready), to + lay.ready];
          return was.span[0] === start && was.span[1] === end && was.shift === track.shift
            ? was
            : { span: [start, end], shift: track.shift };
        }),
      );
    };
    const scrolled = () => {
      look(true);
      keepPlace({ top: box.scrollTop + track.shift });
    };
    again.current = () => look(false);
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
  }, [scroller, track, room]);
  return { ...drawn, height: boxOf(length) };
}
