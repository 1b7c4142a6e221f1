/** Ant Design's larger parts, fetched when one is first drawn: the first list needs none of them. */
import type { SelectProps } from "antd";
import { ChevronDown, ChevronUp, CircleX } from "lucide-react";
import {
  type ComponentType,
  type ReactElement,
  type ReactNode,
  type RefCallback,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { useT } from "../i18n";
import { later } from "./later";
import { nameOf, useNamed } from "./named";
import { backFrom, focusLost, leadsBack } from "./returning";

// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
const part = <Part extends ComponentType<any>>(load: () => Promise<{ default: Part }>, place?: "control") =>
  later(
    () =>
      Promise.all([load(), import("../theme/Themed")]).then(
        ([found, { themed }]) => themed(found.default) as unknown as Part,
      ),
    place,
  );

export const Select = naming(part(() => import("antd/es/select"), "control"));
export const TreeSelect = naming(part(() => import("antd/es/tree-select"), "control"));
export const Segmented = choosing(part(() => import("antd/es/segmented"), "control"));
export const InputNumber = stepping(part(() => import("antd/es/input-number"), "control"));
export const Checkbox = part(() => import("antd/es/checkbox"), "control");
export const Progress = part(() => import("antd/es/progress"));
export const Modal = returning(part(() => import("antd/es/modal")));
export const Drawer = returning(part(() => import("antd/es/drawer")));

/** The list that a control opens has the control's own name, for as long as it is there; what empties it is named in the reader's words. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
function naming<Part extends ComponentType<any>>(Found: Part): Part {
  const Opener = Found as ComponentType<SelectProps>;
  return function Naming(props: SelectProps) {
    const { id, allowClear, mode, popupRender = (menu) => menu } = props;
    const t = useT();
    return (
      <Opener
        {...props}
        allowClear={allowClear && { clearIcon: <Clear id={id} name={props["aria-label"]} />, label: t("shell.clear") }}
        // Where several can be chosen Tab would choose, or take back, and stay for ever: it leads on, as it does anywhere.
        onInputKeyDown={(event) => {
          if (mode === "multiple" && event.key === "Tab") event.which = 0;
          props.onInputKeyDown?.(event);
        }}
        popupRender={(menu) => (
          <Named id={id} name={props["aria-label"]}>
            {popupRender(menu)}
          </Named>
        )}
      />
    );
  } as unknown as Part;
}

/** The choices are stops, what holds them is none; and it is called by what it is for, in the reader's language. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
function choosing<Part extends ComponentType<any>>(Found: Part): Part {
  const Group = Found as ComponentType<{ "aria-label"?: string; tabIndex?: number }>;
  return function Choosing(props: { "aria-label"?: string }) {
    return <Group {...props} aria-label={props["aria-label"]} tabIndex={undefined} />;
  } as unknown as Part;
}

/** There are many in a form: each says what it empties. */
function Clear({ id, name }: { id?: string; name?: string }) {
  return <CircleX ref={useNamed("shell.clear.of", id, name)} size={12} />;
}

/** The arrow keys do what its small arrows do, and it is told how; those have English names. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
function stepping<Part extends ComponentType<any>>(Found: Part): Part {
  const Box = Found as ComponentType<{ controls?: { upIcon: ReactElement; downIcon: ReactElement } }>;
  const arrows = {
    upIcon: <Unsaid icon={<ChevronUp size={10} />} />,
    downIcon: <Unsaid icon={<ChevronDown size={10} />} />,
  };
  return function Stepping(props: object) {
    return <Box controls={arrows} {...props} />;
  } as unknown as Part;
}

function Unsaid({ icon }: { icon: ReactElement }) {
  return <span ref={(mark) => mark?.closest("[role=button]")?.setAttribute("aria-hidden", "true")}>{icon}</span>;
}

/** Ant Design names the control, and not what opens under it. */
function Named({ id, name, children }: { id?: string; name?: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const said = nameOf(id, name);
    if (!said) return;
    for (const list of box.current?.querySelectorAll("[role=listbox], [role=tree]") ?? [])
      list.setAttribute("aria-label", said);
  });
  return <div ref={box}>{children}</div>;
}

interface Over {
  open?: boolean;
  autoFocus?: boolean;
  focusable?: { focusTriggerAfterClose?: boolean };
  panelRef?: RefCallback<HTMLDivElement>;
  afterOpenChange?: (open: boolean) => void;
}

/**
 * What lies over the page takes the focus when it comes, unless something in it has taken it already: without motion Ant
 * Design's own comes after that, and takes it away from a form's first field. It gives the focus back to where it was, or to
 * what led there: many are taken away while they are open, and with them goes what Ant Design would do on closing. It does it
 * at once: when the last of it has faded away, the next one may have opened. Who has the focus by then keeps it.
 */
export function returning<Props extends { open?: boolean }>(Part: ComponentType<Props>): ComponentType<Props> {
  const Found = Part as unknown as ComponentType<Over>;
  return function Returning(props: Props & Over) {
    const from = useRef<Element | null>(null);
    const panel = useRef<HTMLDivElement>(null);
    /** Whether it has had the focus: lists that are opened in it may stand elsewhere. */
    const entered = useRef(false);
    const open = props.open === true;
    // Read before it is drawn: afterwards the focus is inside, or what had it is gone.
    if (open) from.current ??= document.activeElement;
    else if (panel.current?.contains(document.activeElement)) leadsBack(document.activeElement, from.current);
    const enter = useCallback((at: HTMLDivElement | null) => {
      panel.current = at;
      if (!at || !from.current || entered.current) return;
      if (!at.contains(document.activeElement)) {
        at.tabIndex = -1;
        at.focus({ preventScroll: true });
      }
      // One that is shown again is still hidden when it is drawn.
      entered.current = at.contains(document.activeElement);
    }, []);
    useEffect(() => {
      if (!open) return;
      return () => {
        const back = from.current;
        from.current = null;
        entered.current = false;
        setTimeout(() => {
          if (focusLost() || panel.current?.contains(document.activeElement))
            (backFrom(back) ?? document.getElementById("sheet"))?.focus({ preventScroll: true });
        });
      };
    }, [open]);
    return (
      <Found
        {...props}
        panelRef={enter}
        autoFocus={false}
        focusable={{ ...props.focusable, focusTriggerAfterClose: false }}
        afterOpenChange={(now) => {
          if (now) enter(panel.current);
          props.afterOpenChange?.(now);
        }}
      />
    );
  };
}
