/** The focus is never lost: what takes its owner away, and thinks of nothing else, leaves it to what is there instead. */
import { focusLost } from "./returning";

const STOPS =
  "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [contenteditable=true], [tabindex]";
const ROW = "tr, li, article";
/** Milliseconds for which what went may come back: a list that is read anew, a button that works. */
const PATIENCE = 400;

interface Owner {
  at: Element;
  /** What it lies in, the nearest first. */
  around: Element[];
  called: string;
  /** Below zero where arrows lead to it. */
  tab: number;
  left: number;
  top: number;
}

/** The same control of another drawing is called the same. */
const calledOf = (at: Element): string =>
  [at.tagName, at.getAttribute("role"), at.getAttribute("aria-label") ?? at.textContent?.slice(0, 60)].join();

function ownerOf(at: Element): Owner {
  const around: Element[] = [];
  // Not what holds the whole page: who signs in comes to another one, and begins at its beginning.
  for (let up = at.parentElement; up?.parentElement && up.parentElement !== document.body; up = up.parentElement) {
    around.push(up);
    // A row that says more of the one above belongs to it.
    if (up.matches("[data-under]") && up.previousElementSibling) around.push(up.previousElementSibling);
  }
  const { left, top } = at.getBoundingClientRect();
  return { at, around, called: calledOf(at), tab: at instanceof HTMLElement ? Math.min(at.tabIndex, 0) : 0, left, top };
}

const reached = (at: HTMLElement, tab = 0): boolean =>
  at.tabIndex >= tab && at.checkVisibility({ visibilityProperty: true });

/** Of these the one that lies nearest to where the owner was. */
function nearest(stops: HTMLElement[], { left, top }: Owner): HTMLElement | undefined {
  const far = (stop: HTMLElement): number => {
    const box = stop.getBoundingClientRect();
    // A line is nearer than a column.
    return Math.abs(box.left - left) + 3 * Math.abs(box.top - top);
  };
  return stops.sort((a, b) => far(a) - far(b))[0];
}

const stopsIn = (within: Element, tab = 0): HTMLElement[] =>
  [...within.querySelectorAll<HTMLElement>(STOPS)].filter((stop) => reached(stop, tab));

/** The row of the owner that is gone, if it lay in one. */
const goneRow = ({ around }: Owner) => around.find((within) => within.matches(ROW) && !within.isConnected);

/** What the owner is now: itself, or what has come in its place under the same name. */
function again(owner: Owner): HTMLElement | undefined {
  if (owner.at.isConnected)
    return owner.at instanceof HTMLElement && owner.at.matches(STOPS) && reached(owner.at, owner.tab)
      ? owner.at
      : undefined;
  // What was taken from its list does not come back with another row.
  if (goneRow(owner)?.parentElement === null) return undefined;
  for (const within of owner.around) {
    if (!within.isConnected) continue;
    const same = stopsIn(within, owner.tab).filter((stop) => calledOf(stop) === owner.called);
    if (same.length > 0) return nearest(same, owner);
    // Another row may have one of the same name: it does it to something else.
    if (within.matches(ROW)) return undefined;
  }
  return undefined;
}

/** Where reading begins on a screen. */
export const begin = (): HTMLElement | null =>
  document.querySelector<HTMLElement>("[data-begin]") ?? document.getElementById("sheet");

/** Where one is when it does not come back: the next thing in what is left of its surroundings, or the screen's beginning. */
function instead(owner: Owner): HTMLElement | null | undefined {
  for (const within of owner.around) {
    if (within.matches("main, [data-begin]")) break;
    const next = nearest(stopsIn(within), owner);
    // The row that stays has it, or the one that comes next: not an act, which another Enter would do to it.
    const row = next && !goneRow(owner) ? null : (next ?? within).closest<HTMLElement>(ROW);
    if (row && within.isConnected && within.contains(row)) {
      row.tabIndex = Math.max(row.tabIndex, -1);
      return row;
    }
    if (next) return next;
  }
  if (!owner.around.some((within) => within.isConnected)) return undefined;
  return begin();
}

let owner: Owner | undefined;

/** What led here and shows now that one is here, as the tabs of a screen do; what leads to screens does not count. */
export function stillThere(): HTMLElement | undefined {
  const found = owner && again(owner);
  const begin = document.querySelector("[data-begin], main:not(:has([data-begin]))");
  return found?.matches("[aria-current], [aria-selected=true]") && begin?.contains(found) ? found : undefined;
}

/** Looks after the focus of whoever works with keys; a pointer needs none. Answers what ends it. */
export function keepFocus(): () => void {
  let since = 0;
  let timer = 0;
  const look = () => {
    timer = 0;
    if (!owner || !focusLost()) return;
    const back = again(owner);
    if (back) return back.focus();
    if (performance.now() - since < PATIENCE) wait(100);
    else instead(owner)?.focus({ preventScroll: true });
  };
  const wait = (ms: number) => {
    timer ||= window.setTimeout(look, ms);
  };
  let moved: Owner | undefined;
  // Those that think of it themselves come first.
  const gone = (records: MutationRecord[]) => {
    const at = owner?.at ?? null;
    // What is put elsewhere in the page loses the focus by it.
    if (at && records.some((one) => [...one.removedNodes].some((node) => node.contains(at)))) moved = owner;
    if (!owner || timer || !focusLost()) return;
    since = performance.now();
    wait(50);
  };
  const watch = new MutationObserver(gone);
  const keys = (event: KeyboardEvent) => {
    // Who goes on alone is left alone.
    if (timer && event.key === "Tab" && owner && focusLost()) {
      const next = again(owner) ?? instead(owner);
      clearTimeout(timer);
      timer = 0;
      next?.focus();
    }
    watch.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled", "hidden"] });
    if (!focusLost() && document.activeElement && owner?.at !== document.activeElement)
      owner = ownerOf(document.activeElement);
  };
  const pointer = () => {
    watch.disconnect();
    owner = undefined;
  };
  const arrived = (event: FocusEvent) => {
    owner = event.target instanceof Element && event.target !== document.body ? ownerOf(event.target) : undefined;
  };
  const left = () => {
    // What is still there, and where it was, was left on purpose.
    setTimeout(() => {
      if (owner && owner !== moved && focusLost() && again(owner) === owner.at) owner = undefined;
    });
  };
  const over = new AbortController();
  const how = { capture: true, signal: over.signal };
  document.addEventListener("keydown", keys, how);
  document.addEventListener("pointerdown", pointer, how);
  document.addEventListener("focusin", arrived, how);
  document.addEventListener("focusout", left, how);
  return () => {
    watch.disconnect();
    clearTimeout(timer);
    over.abort();
  };
}
