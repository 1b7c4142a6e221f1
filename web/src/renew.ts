/** Files of the page that did not come: an upgrade took them away, or the server is out of reach. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { news } from "./api/news";

const RENEWED = "guanxi.renewed";
/** A page that was opened anew and misses the same file again is not helped by it. */
const PAUSE = 30_000;
const AGAIN = 2_000;

const answers = (): Promise<boolean> =>
  fetch("/readyz", { cache: "no-store" }).then(
    (response) => response.ok,
    () => false,
  );

/**
 * A page left open over an upgrade asks for files that are gone: it is opened again, once, for what was typed is kept here. Where
 * nobody answers it stays as it is: opened again there would be nothing.
 */
export function renewing(): void {
  window.addEventListener("vite:preloadError", (event) => {
    if (Date.now() - Number(sessionStorage.getItem(RENEWED)) < PAUSE) return;
    event.preventDefault();
    void answers().then((there) => {
      if (!there) return;
      sessionStorage.setItem(RENEWED, String(Date.now()));
      location.reload();
    });
  });
}

let waiting = 0;
const { tell, hear } = news();

function wait(by: 1 | -1): void {
  waiting += by;
  tell();
}

/** Whether something that was opened waits for its file. */
export const isWaiting = (): boolean => waiting > 0;

export const onWaiting = hear;

/** A file of the page, which is waited for while nobody answers. Where it is gone the page is about to open itself again. */
export async function arrived<Found>(load: () => Promise<Found>): Promise<Found> {
  const found = await load();
  if (found) return found;
  wait(1);
  try {
    do await new Promise((done) => setTimeout(done, AGAIN));
    while (!(await answers()));
    return (await load()) ?? new Promise<never>(() => {});
  } finally {
    wait(-1);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
type Drawn = ComponentType<any>;

/** A component in a file of its own, which is waited for; the file's default, or the one that is picked. */
export function part<One extends Drawn>(load: () => Promise<{ default: One }>): LazyExoticComponent<One>;
export function part<File, One extends Drawn>(
  load: () => Promise<File>,
  pick: (file: File) => One,
): LazyExoticComponent<One>;
export function part(load: () => Promise<{ default: Drawn }>, pick = (file: { default: Drawn }) => file.default) {
  return lazy(() => arrived(load).then((file) => ({ default: pick(file) })));
}
