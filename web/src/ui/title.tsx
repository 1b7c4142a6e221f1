/** What the page is called: in the browser's tab, and said when another page has come. */
import { useEffect, useState, useSyncExternalStore } from "react";

interface Called {
  name: string | null;
  /** The address that it is the name of. */
  at: string;
}

const listeners = new Set<() => void>();
let called: Called | undefined;

function call(name: string | null): void {
  called = { name, at: location.pathname };
  document.title = name ? `${name} · Guanxi 关系` : "Guanxi 关系";
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useTitle(name: string | null | undefined): void {
  useEffect(() => {
    if (!name) return;
    call(name);
    return () => call(null);
  }, [name]);
}

/** Says the name of each page that comes in place of another, once: the browser itself says only the one that it opens. */
export function Announcer() {
  const now = useSyncExternalStore(subscribe, () => called);
  const [pages, setPages] = useState<{ here?: Called; followed?: true }>({});
  // A name comes with its page or after it, and may change while one is there.
  if (now?.name && now.at !== pages.here?.at) setPages({ here: now, followed: pages.here && true });
  return (
    <p className="sr" role="status" data-announced>
      {pages.followed && <span key={pages.here?.at}>{pages.here?.name}</span>}
    </p>
  );
}
