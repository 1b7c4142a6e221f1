/** What opens beside a control: menus and small panels. In the browser's top layer, in place in the document. */
import { Check } from "lucide-react";
import {
  type CSSProperties,
  cloneElement,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  type RefObject,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { cx } from "./cx";
import styles from "./popup.module.css";
import { backFrom, leadsBack } from "./returning";

export type Placement = "bottomLeft" | "bottomRight" | "bottom" | "topLeft" | "topRight" | "top" | "right";

const GAP = 4;
const EDGE = 8;

/** Beside the anchor, on the screen: over it where there is no room below. */
function place(box: HTMLElement, anchor: Element, placement: Placement): void {
  const at = anchor.getBoundingClientRect();
  const width = box.offsetWidth;
  const height = box.scrollHeight;
  const { innerWidth, innerHeight } = window;
  let left = placement.endsWith("Right")
    ? at.right - width
    : placement.endsWith("Left")
      ? at.left
      : placement === "right"
        ? at.right + GAP
        : at.left + (at.width - width) / 2;
  const under = innerHeight - at.bottom - GAP - EDGE;
  const over = at.top - GAP - EDGE;
  const up = placement.startsWith("top") ? over >= height || over > under : under < height && over > under;
  const room = placement === "right" ? innerHeight - 2 * EDGE : Math.max(up ? over : under, 120);
  const tall = Math.min(height, room);
  let top = placement === "right" ? at.top : up ? at.top - GAP - tall : at.bottom + GAP;
  left = Math.max(EDGE, Math.min(left, innerWidth - width - EDGE));
  top = Math.max(EDGE, Math.min(top, innerHeight - tall - EDGE));
  box.style.left = `${left}px`;
  box.style.top = `${top}px`;
  box.style.maxHeight = `${room}px`;
}

/** Those that are open, the innermost last: Escape and a press outside close one at a time. */
const open: HTMLElement[] = [];

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex='0']";

interface PopupProps {
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  placement?: Placement;
  children: ReactNode;
  className?: string;
  role?: string;
  id?: string;
  label?: string;
  style?: CSSProperties;
  /** Leaves the focus where it is, with the control that opened it, and Escape to that control. */
  quiet?: boolean;
  onKeyDown?: (event: KeyboardEvent<HTMLDivElement>) => void;
}

export function Popup({ anchor, onClose, placement = "bottomLeft", children, className, quiet, ...rest }: PopupProps) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const element = box.current;
    const beside = anchor.current;
    if (!element || !beside) return;
    element.showPopover();
    const from = document.activeElement;
    const put = () => place(element, beside, placement);
    put();
    open.push(element);
    if (!quiet && !element.contains(document.activeElement))
      (element.querySelector<HTMLElement>("[data-first]") ?? element.querySelector<HTMLElement>(FOCUSABLE))?.focus({
        preventScroll: true,
      });
    const sized = new ResizeObserver(put);
    sized.observe(element);
    for (const child of element.children) sized.observe(child);
    window.addEventListener("resize", put);
    document.addEventListener("scroll", put, true);
    const pressed = (event: PointerEvent) => {
      const target = event.target as Node;
      const within = open.slice(open.indexOf(element)).some((one) => one.contains(target));
      if (!within && !beside.contains(target)) close.current();
    };
    const escaped = (event: globalThis.KeyboardEvent) => {
      if (quiet || event.key !== "Escape" || event.isComposing || open.at(-1) !== element) return;
      // A list that is open over it closes first, by its own control.
      if (event.target instanceof Element && event.target.matches('[role="combobox"][aria-expanded="true"]')) return;
      event.preventDefault();
      event.stopPropagation();
      close.current();
    };
    // Tab led out of it: it would lie over what has the keyboard now. What lies over the page is no way out.
    let had = element.contains(document.activeElement);
    const went = ({ target }: FocusEvent) => {
      const within = open.slice(open.indexOf(element)).some((one) => one.contains(target as Node));
      const over = target instanceof Element && target.closest("[role=dialog], [role=listbox], [class*=-dropdown]");
      if (had && !within && !over && !beside.contains(target as Node)) close.current();
      had ||= within;
    };
    document.addEventListener("focusin", went);
    document.addEventListener("pointerdown", pressed, true);
    document.addEventListener("keydown", escaped, true);
    return () => {
      // The focus goes back to where the popup was opened from, unless it has moved on already.
      const inside = element.contains(document.activeElement) || document.activeElement === document.body;
      open.splice(open.indexOf(element), 1);
      sized.disconnect();
      document.removeEventListener("focusin", went);
      window.removeEventListener("resize", put);
      document.removeEventListener("scroll", put, true);
      document.removeEventListener("pointerdown", pressed, true);
      document.removeEventListener("keydown", escaped, true);
      if (!inside || quiet) return;
      // A key may have opened it from elsewhere.
      const home = beside.matches(FOCUSABLE) ? beside : beside.querySelector<HTMLElement>(FOCUSABLE);
      const back = backFrom(from) ?? home;
      // What its entry opened, such as a dialog, gives the focus back to here.
      if (element.contains(document.activeElement)) leadsBack(document.activeElement, back);
      back?.focus({ preventScroll: true });
    };
  }, [anchor, placement, quiet]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what it is, its caller says
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: likewise
    <div
      ref={box}
      // By hand: the browser's own closing would not tell, and would close the panel around a menu with it.
      popover="manual"
      className={cx(styles.popup, className)}
      aria-label={rest.label}
      role={rest.role}
      id={rest.id}
      style={rest.style}
      onKeyDown={rest.onKeyDown}
    >
      {children}
    </div>
  );
}

interface Trigger {
  ref?: RefObject<HTMLElement | null>;
  onClick?: () => void;
  className?: string;
  "aria-haspopup"?: "menu" | "dialog";
  "aria-expanded"?: boolean;
  "aria-controls"?: string;
}

interface OpeningProps {
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  placement?: Placement;
  children: ReactElement<Trigger>;
  disabled?: boolean;
}

/** Open or not, by itself or as it is told; and the control that opens it. */
function useOpening({ open: told, onOpenChange, disabled, children }: OpeningProps, kind: "menu" | "dialog") {
  const [own, setOwn] = useState(false);
  const anchor = useRef<HTMLElement>(null);
  const id = useId();
  const shown = (told ?? own) && !disabled;
  const set = (next: boolean) => {
    if (told === undefined) setOwn(next);
    onOpenChange?.(next);
  };
  const control = cloneElement(children, {
    ref: anchor,
    onClick: () => {
      children.props.onClick?.();
      set(!shown);
    },
    "aria-haspopup": kind,
    "aria-expanded": shown,
    "aria-controls": shown ? id : undefined,
  });
  return { anchor, id, shown, set, control };
}

interface PopoverProps extends OpeningProps {
  content: ReactNode;
  className?: string;
  /** None where what is in it is a dialog of its own, with a name. */
  label?: string;
}

/** A small panel of controls beside the one that opens it. */
export function Popover({ content, className, label, placement, children, ...rest }: PopoverProps) {
  const { anchor, id, shown, set, control } = useOpening({ children, ...rest }, "dialog");
  return (
    <>
      {control}
      {shown && (
        <Popup
          anchor={anchor}
          id={id}
          role={label ? "dialog" : undefined}
          label={label}
          placement={placement}
          className={cx(styles.panel, className)}
          onClose={() => set(false)}
        >
          {content}
        </Popup>
      )}
    </>
  );
}

export interface MenuItem {
  key: string;
  label?: ReactNode;
  icon?: ReactNode;
  /** At the end of the line: a key, a count. */
  extra?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  /** A heading over its children. */
  type?: "group";
  children?: MenuItem[];
  onClick?: () => void;
}

export interface MenuProps {
  items: (MenuItem | { type: "divider"; key?: string } | null | undefined)[];
  onClick?: (choice: { key: string }) => void;
  /** Ticked, in menus that choose. */
  selectedKeys?: string[];
  /** Above the items. */
  head?: ReactNode;
  className?: string;
}

interface DropdownProps extends OpeningProps {
  menu: MenuProps;
  /** The name of the menu where the control's own does not tell. */
  label?: string;
}

/** A menu: arrows move, letters jump, Enter chooses, Escape goes back. */
export function Dropdown({ menu, label, placement, children, ...rest }: DropdownProps) {
  const { anchor, id, shown, set, control } = useOpening({ children, ...rest }, "menu");
  const choose = (item: MenuItem) => {
    set(false);
    item.onClick?.();
    menu.onClick?.({ key: item.key });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const { key } = event;
    const next =
      key === "ArrowDown"
        ? (at + 1) % items.length
        : key === "ArrowUp"
          ? (at <= 0 ? items.length : at) - 1
          : key === "Home"
            ? 0
            : key === "End"
              ? items.length - 1
              : key.length === 1 && key !== " "
                ? [...items.keys()]
                    .map((n) => (at + 1 + n) % items.length)
                    .find((n) => items[n]?.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()))
                : undefined;
    if (key === "Tab") set(false);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items[next]?.focus();
  };
  return (
    <>
      {control}
      {shown && (
        <Popup
          anchor={anchor}
          id={id}
          role="menu"
          // By its control, where nothing else says what it is for.
          label={label ?? anchor.current?.getAttribute("aria-label") ?? anchor.current?.textContent ?? undefined}
          placement={placement}
          className={cx(styles.menu, menu.className)}
          onClose={() => set(false)}
          onKeyDown={onKeyDown}
        >
          {menu.head}
          <Items items={menu.items} chosen={menu.selectedKeys} choose={choose} />
        </Popup>
      )}
    </>
  );
}

function Items({
  items,
  chosen,
  choose,
}: {
  items: MenuProps["items"];
  chosen?: string[];
  choose: (item: MenuItem) => void;
}) {
  return items.map((item, at) => {
    if (!item) return null;
    // biome-ignore lint/suspicious/noArrayIndexKey: a rule has nothing else
    if (item.type === "divider") return <hr key={at} />;
    if (item.type === "group" || item.children)
      return (
        <div key={item.key} role="group">
          <div className={styles.heading}>{item.label}</div>
          {item.children && <Items items={item.children} chosen={chosen} choose={choose} />}
        </div>
      );
    const on = chosen?.includes(item.key);
    return (
      <button
        key={item.key}
        type="button"
        tabIndex={-1}
        {...(chosen ? { role: "menuitemradio", "aria-checked": on } : { role: "menuitem" })}
        aria-disabled={item.disabled || undefined}
        data-first={on || undefined}
        className={cx(styles.item, item.danger && styles.danger)}
        onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
        onClick={(event) => {
          // A menu stands in the document inside what it belongs to, which must not take the press for its own.
          event.stopPropagation();
          if (!item.disabled) choose(item);
        }}
      >
        {chosen ? <span className={styles.mark}>{on && <Check />}</span> : item.icon}
        <span className={styles.label}>{item.label}</span>
        {item.extra && <span className={styles.extra}>{item.extra}</span>}
      </button>
    );
  });
}
