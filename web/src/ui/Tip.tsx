/**
 * Tooltips: one for the whole page, beside whatever carries `data-tip`, and beside what ends in an ellipsis, which it says whole.
 * Names for screen readers are the parts' own.
 */
import { cloneElement, type ReactElement, useEffect, useRef } from "react";
import styles from "./popup.module.css";

const DELAY = 400;

/** What says something about itself, or is cut off: where the pointer is, or in what has the focus. */
function tipped(at: Element | null, focused: boolean): Element | null {
  const said = at?.closest("[data-tip]");
  if (said || !at || at.closest("[title]")) return said ?? null;
  const short = [
    at.closest(".ellipsis"),
    ...(focused && at.matches("a, button, [role=group]") ? at.querySelectorAll(".ellipsis") : []),
  ];
  return short.find((one) => one && one.scrollWidth > one.clientWidth) ?? null;
}

/** In a table or a list of options the keys lead to what has no focus of its own: what of it is cut off. */
function led(): Element | null | undefined {
  const id = document.activeElement?.getAttribute("aria-activedescendant");
  const at = id ? document.getElementById(id) : null;
  if (!at) return undefined;
  const cut = (one: Element) =>
    one.scrollWidth > one.clientWidth && getComputedStyle(one).textOverflow === "ellipsis" && one.textContent;
  return [at, ...at.querySelectorAll("*")].find(cut) ?? null;
}

export function TipLayer() {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = tip.current;
    if (!box) return;
    let timer = 0;
    let shown: Element | null = null;
    const hide = () => {
      clearTimeout(timer);
      shown = null;
      if (box.matches(":popover-open")) box.hidePopover();
    };
    const show = (target: Element) => {
      const text = target.getAttribute("data-tip") ?? target.textContent;
      if (!text || !target.isConnected) return;
      shown = target;
      box.textContent = text;
      box.showPopover();
      const at = target.getBoundingClientRect();
      const side = target.getAttribute("data-tip-side") === "right";
      const left = side ? at.right + 6 : at.left + at.width / 2 - box.offsetWidth / 2;
      const under = at.bottom + 6 + box.offsetHeight < window.innerHeight;
      const top = side
        ? at.top + at.height / 2 - box.offsetHeight / 2
        : under
          ? at.bottom + 6
          : at.top - 6 - box.offsetHeight;
      box.style.left = `${Math.max(6, Math.min(left, window.innerWidth - box.offsetWidth - 6))}px`;
      box.style.top = `${top}px`;
    };
    const over = (event: Event, wait: number) => {
      const target = tipped(event.target instanceof Element ? event.target : null, event.type === "focusin");
      if (target === shown) return;
      hide();
      if (target) timer = window.setTimeout(() => show(target), wait);
    };
    // A finger does not point: what it presses needs no tip.
    const pointer = (event: PointerEvent) => event.pointerType === "mouse" && over(event, shown ? 0 : DELAY);
    const focus = (event: FocusEvent) => (event.target as Element).matches?.(":focus-visible") && over(event, DELAY);
    const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
    let leads = false;
    const keyed = () => {
      const target = led();
      if (target === undefined && !leads) return;
      leads = target !== undefined;
      if (target && target === shown) return;
      hide();
      if (target) timer = window.setTimeout(() => show(target), DELAY);
    };
    document.addEventListener("pointerover", pointer);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", hide, true);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", key, true);
    document.addEventListener("keyup", keyed, true);
    return () => {
      hide();
      document.removeEventListener("pointerover", pointer);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", hide, true);
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
