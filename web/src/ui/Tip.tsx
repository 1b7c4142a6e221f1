/**
 * Tooltips: one for the whole page, beside whatever carries `data-tip`, and beside what ends in an ellipsis, which it says whole:
 * to a pointer over it, to the keys that lead there, and to a finger that rests on it.
 * Names for screen readers are the parts' own.
 */
import { cloneElement, type ReactElement, useEffect, useRef } from "react";
import styles from "./popup.module.css";

const DELAY = 400;
/** Of a finger: longer than a press, and than what is lifted by it. */
const REST = 500;
/** Pixels within which a finger rests. */
const STILL = 8;

/** What has the focus for what stands in it. */
const WHOLE =
  "a, button, summary, [role=group], [role=tab], [role=option], [role=row], [role=treeitem], [role=menuitem], [role=img]";

/** Whether it ends in an ellipsis, beside or below, or is a box too narrow for what is in it. */
function isCut(one: Element): boolean {
  const beside = one.scrollWidth > one.clientWidth;
  if (!beside && one.scrollHeight <= one.clientHeight) return false;
  if (one instanceof HTMLInputElement) return beside && one !== document.activeElement && one.type !== "password";
  const style = getComputedStyle(one);
  return beside ? style.textOverflow === "ellipsis" && style.overflowX !== "visible" : style.webkitLineClamp !== "none";
}

interface Said {
  at: Element;
  text: string;
}

const textOf = (one: Element): string =>
  one instanceof HTMLInputElement ? one.value || one.placeholder : ((one as HTMLElement).innerText ?? one.textContent);

/** All that is cut off in it. */
function cutIn(at: Element): Said | null {
  const cut = [at, ...at.querySelectorAll("*")].filter((one) => isCut(one) && textOf(one).trim());
  // What lies in what is said already is not said again.
  const outer = cut.filter((one) => !cut.some((other) => other !== one && other.contains(one)));
  return outer[0] ? { at: outer[0], text: outer.map(textOf).join("\n") } : null;
}

/** What says something about itself, which a pointer is told of a `title` by the browser, or is cut off. */
function saidAt(at: Element, by: "mouse" | "touch" | "keys"): Said | null {
  const names = at.closest("[data-tip], [title]");
  const title = names?.getAttribute("title");
  // What is in full sight is not said over it.
  const seen = by === "mouse" || (names && title === textOf(names).trim() && !cutIn(names));
  const said = names?.getAttribute("data-tip") ?? (seen ? "" : title);
  if (names && (said || names.hasAttribute("title"))) return said ? { at: names, text: said } : null;
  if (by === "keys") return at.matches(WHOLE) ? cutIn(at) : null;
  for (let up: Element | null = at; up && up !== document.body; up = up.parentElement)
    if (isCut(up) && textOf(up).trim()) return { at: up, text: textOf(up) };
  return null;
}

/** What lies under a finger, which presses what is spread over it: there, or in what it presses. */
function saidUnder({ clientX, clientY, target }: PointerEvent): Said | null {
  for (const one of document.elementsFromPoint(clientX, clientY)) {
    const found = saidAt(one, "touch");
    if (found) return found;
  }
  const pressed = target instanceof Element && target.closest(WHOLE);
  return pressed ? cutIn(pressed) : null;
}

/** In a table or a list of options the keys lead to what has no focus of its own: what of it is cut off. */
function led(): Said | null | undefined {
  const id = document.activeElement?.getAttribute("aria-activedescendant");
  const at = id ? document.getElementById(id) : null;
  return at ? cutIn(at) : undefined;
}

export function TipLayer() {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = tip.current;
    if (!box) return;
    let timer = 0;
    let shown: Element | null = null;
    let finger: PointerEvent | null = null;
    const hide = () => {
      clearTimeout(timer);
      shown = null;
      if (box.matches(":popover-open")) box.hidePopover();
    };
    const show = ({ at: target, text }: Said) => {
      if (!target.isConnected) return;
      box.textContent = text;
      box.showPopover();
      const at = target.getBoundingClientRect();
      const side = target.getAttribute("data-tip-side") === "right";
      const left = side ? at.right + 6 : at.left + at.width / 2 - box.offsetWidth / 2;
      const under = at.bottom + 6 + box.offsetHeight < window.innerHeight;
      const top = side
        ? at.top + at.height / 2 - box.offsetHeight / 2
        : under && !finger
          ? at.bottom + 6
          : Math.max(6, at.top - 6 - box.offsetHeight);
      box.style.left = `${Math.max(6, Math.min(left, window.innerWidth - box.offsetWidth - 6))}px`;
      box.style.top = `${top}px`;
    };
    const over = (said: Said | null | undefined, wait: number) => {
      if (said && said.at === shown) return;
      hide();
      if (!said) return;
      timer = window.setTimeout(() => {
        shown = said.at;
        show(said);
      }, wait);
    };
    const pointer = (event: PointerEvent) =>
      event.pointerType === "mouse" &&
      over(event.target instanceof Element ? saidAt(event.target, "mouse") : null, shown ? 0 : DELAY);
    // A finger does not point, and what it presses needs no tip; where it rests, it asks.
    const pressed = (event: PointerEvent) => {
      hide();
      finger = event.pointerType === "touch" ? event : null;
      if (finger) over(saidUnder(finger), REST);
    };
    const moved = (event: PointerEvent) => {
      const far = finger && Math.hypot(event.clientX - finger.clientX, event.clientY - finger.clientY) > STILL;
      if (far) hide();
    };
    // What was said stays until something else is pressed.
    const lifted = () => clearTimeout(timer);
    // Whoever asked what it is did not press it.
    const clicked = (event: MouseEvent) => {
      if (!finger || !shown || !event.isTrusted) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const focus = (event: FocusEvent) => {
      const at = event.target as Element;
      if (!at.matches?.(":focus-visible")) return;
      finger = null;
      over(saidAt(at, "keys"), DELAY);
    };
    const key = (event: KeyboardEvent) => {
      finger = null;
      // What is pressed needs no tip.
      if (["Escape", "Enter", " "].includes(event.key)) hide();
    };
    let leads = false;
    const keyed = () => {
      const said = led();
      if (said === undefined && !leads) return;
      leads = said !== undefined;
      over(said, DELAY);
    };
    document.addEventListener("pointerover", pointer);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", pressed, true);
    document.addEventListener("pointermove", moved, true);
    document.addEventListener("pointerup", lifted, true);
    document.addEventListener("pointercancel", lifted, true);
    document.addEventListener("click", clicked, true);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", key, true);
    document.addEventListener("keyup", keyed, true);
    return () => {
      hide();
      document.removeEventListener("pointerover", pointer);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", pressed, true);
      document.removeEventListener("pointermove", moved, true);
      document.removeEventListener("pointerup", lifted, true);
      document.removeEventListener("pointercancel", lifted, true);
      document.removeEventListener("click", clicked, true);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("keyup", keyed, true);
    };
  }, []);
  return <div ref={tip} popover="manual" className={styles.tip} aria-hidden="true" />;
}

/** Puts a tooltip on its child. */
export function Tooltip({ title, side, children }: { title: string; side?: "right"; children: ReactElement }) {
  const child = children as ReactElement<{ "data-tip"?: string; "data-tip-side"?: string }>;
  return cloneElement(child, { "data-tip": title || undefined, "data-tip-side": side });
}
