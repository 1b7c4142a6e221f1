/** What an input is called, and what is said of it, for what cannot be told by its parts. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useT } from "../i18n";

/** The name of an input: its own, or what its label says itself, without its star and what is said beside it. */
export function nameOf(id?: string, own?: string): string | undefined {
  if (own || !id) return own;
  const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
  const said = document.createTreeWalker(label ?? document.createElement("label"), NodeFilter.SHOW_TEXT).nextNode();
  return said?.textContent?.trim() || undefined;
}

type Saying = "shell.clear.of" | "shell.password.show.of" | "fields.calendar.of";

/** A button that stands in an input says which: there are many in a form. Put at the button, or at its mark. */
export function useNamed<Mark extends Element>(saying: Saying, id?: string, own?: string): RefObject<Mark | null> {
  const t = useT();
  const mark = useRef<Mark>(null);
  useLayoutEffect(() => {
    const name = nameOf(id, own);
    if (name) mark.current?.closest("button")?.setAttribute("aria-label", t(saying, { name }));
  });
  return mark;
}

/** Whatever an input is made of, it is told with what stands under it, and whether that is a fault; what it says of itself stays. */
export function useDescribed(id: string, said: string, wrong: boolean): void {
  const marked = useRef(false);
  useEffect(() => {
    const input = document.getElementById(id);
    const others = (input?.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== said);
    const all = document.getElementById(said) ? [said, ...others] : others;
    if (all.length) input?.setAttribute("aria-describedby", all.join(" "));
    else input?.removeAttribute("aria-describedby");
    if (wrong) input?.setAttribute("aria-invalid", "true");
    else if (marked.current) input?.removeAttribute("aria-invalid");
    marked.current = wrong;
  });
}
