/** What the page is called: in the browser's tab, and said when another page has come. */
import { useEffect, useState, useSyncExternalStore } from "react";
import { news } from "../api/news";

interface Called {
  name: string | null;
  /** The address that it is the name of. */
  at: string;
}

const changes = news();
let called: Called | undefined;

function call(name: string | null): void {
  called = { name, at: location.pathname };
  document.title = name ? `${name} · Guanxi 关系` : "Guanxi 关系";
  changes.tell();
}

export function useTitle(name: string | null | undefined): void {
  useEffect(() => {
    if (!name) return;
    call(name);
    return () => call(null);
  }, [name]);
}

interface Said {
  text: string;
  /** How many were said. */
  turn: number;
}

let said: Said | undefined;

/** Tells those who hear the page, once: what they cannot see has happened. */
export function say(text: string): void {
  said = { text, turn: (said?.turn ?? 0) + 1 };
  changes.tell();
}

/** The same words said twice are heard twice only where they are another text. */
const anew = ({ text, turn }: Said): string => (turn % 2 ? text : `${text}\u00a0`);

/** Says the name of each page that comes in place of another, once: the browser itself says only the one that it opens. */
export function Announcer() {
  const now = useSyncExternalStore(changes.hear, () => called);
  const told = useSyncExternalStore(changes.hear, () => said);
  const [pages, setPages] = useState<{ here?: Called; turn: number }>({ turn: 0 });
  // A name comes with its page or after it, and may change while one is there.
  if (now?.name && now.at !== pages.here?.at) setPages({ here: now, turn: pages.turn + 1 });
  return (
    <>
      <p className="sr" role="status" data-announced>
        {pages.turn > 1 && anew({ text: pages.here?.name ?? "", turn: pages.turn })}
      </p>
      <p className="sr" role="status">
        {told && anew(told)}
      </p>
    </>
  );
}
