/** Keys that work anywhere on a page, unless one is typing. */
import { useEffect, useRef } from "react";

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type));

/** True while a dialog, drawer or menu has the floor. */
export const isCovered = (): boolean =>
  document.querySelector(
    ".ant-drawer-open, .ant-modal-wrap:not([style*='display: none']), [popover]:popover-open:is([role=menu], [role=dialog], :has([role=dialog]))",
  ) !== null;

/** `mod+k` is Ctrl or ⌘; everything else is a bare key: a letter, or `enter`, `escape`, `arrowdown`. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      const name = mod ? `mod+${event.key.toLowerCase()}` : event.key.toLowerCase();
      const act = latest.current[name];
      if (!act || event.altKey) return;
      // What one types in has its own way back.
      if ((!mod || name === "mod+z") && (isTyping(event.target) || isCovered())) return;
      // A focused link, button or box keeps its own Enter and Space.
      const pressed = name === "enter" || name === " ";
      if (pressed && event.target instanceof HTMLElement && event.target.closest("a, button, input, summary")) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
