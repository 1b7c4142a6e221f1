/** Inputs that take a value as people type it and say what they understood: 3.5万, 下周三, 1h 30. */
import {
  type HTMLAttributes,
  type KeyboardEvent,
  memo,
  type ReactNode,
  type RefObject,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Field } from "../schema/catalog";
import { cx, TextInput } from "../ui";
import styles from "./fields.module.css";
import {
  asText,
  type CellProps,
  type FormatContext,
  type InputProps,
  type Twin,
  useFormatContext,
  type Values,
} from "./twin";

interface EntryProps extends Omit<InputProps, "field"> {
  /** The record's field that it is for; inputs of other forms have none. */
  field?: InputProps["field"];
  /** How a value stands in the input while nobody types. */
  print: (value: unknown, ctx: FormatContext) => string;
  /** What was typed means this; undefined when it means nothing. */
  read: (text: string, ctx: FormatContext) => unknown;
  /** What was typed says of companion fields besides. */
  also?: (text: string, ctx: FormatContext) => Values | undefined;
  /** Said under the input while typing; null when the text says it itself. */
  hint?: (value: unknown, typed: string, ctx: FormatContext) => string | null;
  /** Said when the text means nothing: how to write it. */
  unread?: (ctx: FormatContext) => string;
  prefix?: ReactNode;
  suffix?: ReactNode;
  inputMode?: HTMLAttributes<HTMLInputElement>["inputMode"];
  right?: boolean;
  placeholder?: string;
  onArrow?: (step: 1 | -1, typed: string) => unknown;
}

/** The cursor goes in once; in place with the text selected, so that the first key replaces what was there. */
function useFirstFocus(
  input: RefObject<HTMLInputElement | null>,
  autoFocus: boolean | undefined,
  inPlace: boolean,
): void {
  const first = useRef({ autoFocus, inPlace });
  useLayoutEffect(() => {
    const box = input.current;
    if (!first.current.autoFocus || !box) return;
    box.focus();
    if (first.current.inPlace) box.select();
  }, [input]);
}

/** One line of text that is read as a value. While it has the focus it keeps what was typed; then it shows the value. */
export function Entry(props: EntryProps) {
  const { field, value, onChange, onCommit, autoFocus, status, id, disabled, size, label, print, read, hint, unread } =
    props;
  const ctx = useFormatContext();
  const [typed, setTyped] = useState<string | null>(null);
  const [focused, setFocused] = useState(false);
  const hintId = useId();
  const input = useRef<HTMLInputElement>(null);

  useFirstFocus(input, autoFocus, onCommit !== undefined);

  const meant = (text: string): unknown => {
    if (text.trim() === "") return null;
    const found = read(text, ctx);
    return found === undefined ? text : found;
  };
  const change = (text: string) => {
    setTyped(text);
    onChange(meant(text), props.also?.(text, ctx));
  };
  const shown = typed ?? (typeof value === "string" && read(value, ctx) === undefined ? value : print(value, ctx));
  const lost = typed !== null && typed.trim() !== "" && read(typed, ctx) === undefined;
  const said =
    typed === null || typed.trim() === ""
      ? null
      : lost
        ? (unread?.(ctx) ?? null)
        : (hint?.(read(typed, ctx), typed, ctx) ?? null);

  const keyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && onCommit) {
      event.preventDefault();
      if (typed === null) onCommit(value);
      else onCommit(meant(typed), props.also?.(typed, ctx));
    }
    if ((event.key === "ArrowUp" || event.key === "ArrowDown") && props.onArrow) {
      const next = props.onArrow(event.key === "ArrowUp" ? 1 : -1, shown);
      if (next !== undefined) {
        event.preventDefault();
        setTyped(null);
        onChange(next);
      }
    }
  };

  return (
    <span className={styles.entry}>
      <TextInput
        ref={input}
        id={id}
        size={size}
        status={status ?? (lost && !focused ? "warning" : undefined)}
        disabled={disabled}
        value={shown}
        placeholder={props.placeholder}
        prefix={props.prefix}
        suffix={props.suffix}
        inputMode={props.inputMode}
        autoComplete="off"
        aria-label={label}
        aria-describedby={said ? hintId : undefined}
        className={cx(props.right && styles.right)}
        onChange={(event) => change(event.target.value)}
        onKeyDown={keyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          // What was understood is shown as it will be kept; what was not stays as it was typed.
          if (typed !== null && !lost) setTyped(null);
        }}
        data-field={field?.name}
      />
      {said && focused && (
        <span id={hintId} className={cx(styles.hint, lost && styles.lost)} data-hint aria-live="polite">
          {said}
        </span>
      )}
    </span>
  );
}

/** Plain text of one line. */
export function LineInput({
  field,
  value,
  onChange,
  onCommit,
  autoFocus,
  status,
  id,
  disabled,
  size,
  label,
  ...rest
}: InputProps & {
  type?: string;
  placeholder?: string;
  maxLength?: number;
  inputMode?: HTMLAttributes<HTMLInputElement>["inputMode"];
}) {
  const input = useRef<HTMLInputElement>(null);
  useFirstFocus(input, autoFocus, onCommit !== undefined);
  return (
    <TextInput
      ref={input}
      id={id}
      size={size}
      status={status}
      disabled={disabled}
      value={asText(value)}
      aria-label={label}
      autoComplete="off"
      type={rest.type}
      placeholder={rest.placeholder}
      maxLength={rest.maxLength}
      inputMode={rest.inputMode}
      onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      onPressEnter={(event) => {
        if (event.nativeEvent.isComposing || !onCommit) return;
        event.preventDefault();
        onCommit(value);
      }}
      data-field={field.name}
    />
  );
}

/** The mark of a value that is not there. */
export const Dash = () => <span className="dash">—</span>;

export const tellsAgo = ({ config }: Field): boolean => config.ago === true;

/** How many days ago a day or moment was, or in how many it will be; the day itself is told when asked. */
export function Ago({ day, said }: { day: string; said: string }) {
  const { f } = useFormatContext();
  return <span data-tip={said}>{f.inDays(f.daysFromToday(day))}</span>;
}

interface WordsProps extends CellProps {
  format: Twin["format"];
}

function Words({ field, value, format }: WordsProps) {
  const text = format(value, field, useFormatContext());
  return text === "" ? (
    <Dash />
  ) : (
    <span dir="auto" title={text.length > 24 ? text : undefined}>
      {text}
    </span>
  );
}

/** A cell that is the value's words and nothing more. */
export const wordsCell = (format: Twin["format"]) => memo((props: CellProps) => <Words {...props} format={format} />);
