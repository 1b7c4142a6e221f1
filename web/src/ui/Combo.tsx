/**
 * One of several, found by typing: for places where a choice begins and ends with a key, as in a cell. It is drawn within the
 * tenth of a second in which a key should be answered; forms have the larger one of Ant Design.
 */
import { X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import styles from "./combo.module.css";
import { cx } from "./cx";
import box from "./input.module.css";
import { Popup } from "./Popup";
import { useAfterPicture } from "./picture";

export interface ComboOption {
  value: string;
  /** In words. */
  text: string;
  /** How it is drawn; its words where that is not said. */
  node?: ReactNode;
  /** Makes something: Enter takes it only when the keys have come to it. */
  made?: boolean;
}

interface ComboProps {
  options: ComboOption[];
  value: string | undefined;
  onPick: (value: string | null) => void;
  /** What was typed; the caller finds the options that fit. */
  q: string;
  onType: (q: string) => void;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The options are still those of what was typed before: Enter waits for those of now. */
  busy?: boolean;
  /** The chosen one in words, before anything is typed. */
  shown: string;
  placeholder: string;
  /** In place of options where there are none. */
  nothing: string;
  label?: string;
  /** The name of the button that takes the choice away; without it there is none. */
  clear?: string;
  /** Under the options. */
  foot?: ReactNode;
  id?: string;
  autoFocus?: boolean;
  disabled?: boolean;
  status?: "error" | "warning";
  small?: boolean;
  /** Enter with Ctrl or ⌘, or where the keys have come to none. */
  onEnter?: () => void;
}

export function Combo(props: ComboProps) {
  const { options, value, onPick, q, onType, open, onOpenChange, shown, nothing, label, clear, foot, busy, onEnter } =
    props;
  const anchor = useRef<HTMLSpanElement>(null);
  const list = useId();
  // The box stands and takes what is typed with the first picture; what there is to choose comes with the next.
  const drawn = useAfterPicture(open, false) && open;
  /** The option that the keys have come to, by its value: others may come before it while one types. */
  const [at, setAt] = useState<string | null | undefined>(value);
  const found = options.findIndex((one) => one.value === at);
  const current = found < 0 ? options.findIndex((one) => !one.made) : found;
  const pick = (option: ComboOption) => {
    onOpenChange(false);
    onPick(option.value);
  };
  /** The key that takes the option, as soon as the options are those of what was typed. */
  const [eager, setEager] = useState<"Enter" | "Tab" | null>(null);
  const take = useRef((_key: "Enter" | "Tab") => {});
  take.current = (key) => {
    const option = options[current];
    if (option) pick(option);
    else if (key === "Enter") onEnter?.();
  };
  useEffect(() => {
    if (!eager || busy) return;
    setEager(null);
    take.current(eager);
  }, [eager, busy]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    // Whoever goes on after typing means what stands first; who has typed nothing leaves what stood there.
    const goesOn = event.key === "Tab" && open && q.trim() !== "" && (busy || options[current] !== undefined);
    if (by && !open) onOpenChange(true);
    else if (by) setAt(options[(Math.max(current, -by) + by + options.length) % options.length]?.value);
    else if (goesOn) {
      setEager("Tab");
      event.stopPropagation();
    } else if (event.key !== "Enter") return;
    else if (event.ctrlKey || event.metaKey) onEnter?.();
    else if (open) setEager("Enter");
    else onOpenChange(true);
    event.preventDefault();
  };
  return (
    <>
      <span
        ref={anchor}
        className={cx(box.box, props.small && box.small, props.status && box[props.status])}
        data-disabled={props.disabled || undefined}
      >
        <input
          id={props.id}
          role="combobox"
          aria-label={label}
          aria-expanded={drawn}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={drawn && options[current] ? `${list}-${current}` : undefined}
          aria-invalid={props.status === "error" || undefined}
          autoComplete="off"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: whoever opens it says so
          autoFocus={props.autoFocus}
          disabled={props.disabled}
          value={q}
          placeholder={shown || props.placeholder}
          className={shown ? styles.held : undefined}
          onChange={(event) => {
            onType(event.target.value);
            setAt(null);
            onOpenChange(true);
          }}
          onClick={() => onOpenChange(true)}
          onKeyDown={onKeyDown}
        />
        {clear && value !== undefined && !props.disabled && (
          <button
            type="button"
            className={styles.clear}
            aria-label={clear}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(null)}
          >
            <X />
          </button>
        )}
      </span>
      {drawn && (
        <Popup anchor={anchor} quiet className={styles.list} onClose={() => onOpenChange(false)}>
          {/* Pressing the mouse in the list must not take the focus out of the box. */}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus */}
          <div onMouseDown={(event) => event.preventDefault()}>
            {options.every((one) => one.made) && <p className={styles.nothing}>{nothing}</p>}
            <div id={list} role="listbox" aria-label={label}>
              {options.map((option, row) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the keyboard
                <div
                  key={option.value}
                  id={`${list}-${row}`}
                  role="option"
                  tabIndex={-1}
                  title={option.text}
                  aria-selected={option.value === value}
                  className={cx(styles.option, row === current && styles.on)}
                  ref={row === current ? (line) => line?.scrollIntoView({ block: "nearest" }) : undefined}
                  onMouseMove={() => setAt(option.value)}
                  onClick={() => pick(option)}
                >
                  {option.node ?? option.text}
                </div>
              ))}
            </div>
            {foot}
          </div>
        </Popup>
      )}
    </>
  );
}
