/** A time of day. A browser's own input would speak the browser's language, not the reader's. */
import { useState } from "react";
import { useT } from "../i18n";
import { TextInput } from "../ui";
import { findClock } from "./dates";

const two = (n: number): string => String(n).padStart(2, "0");

/** `HH:MM` of what was typed: 9, 930, 9:30, 下午3点, 3 pm; null for what is no time. */
export function readClock(typed: string): string | null {
  const text = typed.normalize("NFKC").trim();
  const plain = /^(\d{1,2})(?:[:.]?(\d{2}))?$/.exec(text);
  const found = plain ? { hour: Number(plain[1]), minute: Number(plain[2] ?? 0) } : findClock(text)?.value;
  return found && found.hour < 24 && found.minute < 60 ? `${two(found.hour)}:${two(found.minute)}` : null;
}

interface TimeInputProps {
  id?: string;
  label?: string;
  /** `HH:MM`, or nothing. */
  value: string;
  /** When it is whole: after Enter, or when one goes on. */
  onChange: (value: string | null) => void;
  className?: string;
}

export function TimeInput({ id, label, value, onChange, className }: TimeInputProps) {
  const t = useT();
  const [typed, setTyped] = useState(value);
  const [from, setFrom] = useState(value);
  if (from !== value) {
    setFrom(value);
    setTyped(value);
  }
  const settle = () => {
    const next = readClock(typed);
    // What is no time leaves what was there.
    setTyped(typed.trim() ? (next ?? value) : "");
    if (typed.trim() ? next && next !== value : value) onChange(typed.trim() ? next : null);
  };
  return (
    <TextInput
      id={id}
      className={className}
      aria-label={label}
      inputMode="numeric"
      autoComplete="off"
      placeholder={t("fields.time.placeholder")}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && settle()}
      onBlur={settle}
    />
  );
}
