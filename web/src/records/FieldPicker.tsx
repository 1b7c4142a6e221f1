/** Choosing a field by typing a part of its name. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { Field, ObjectDef } from "../schema/catalog";
import { visibleFields } from "../schema/catalog";
import { cx, TextInput } from "../ui";
import styles from "./list.module.css";

export interface Pick {
  path: string;
  field: Field;
  label: string;
}

/** The fields of an object and, one link away, of those it points to. */
export function usePicks(object: ObjectDef, deep: boolean): Pick[] {
  const catalog = useCatalog();
  const label = useLabel();
  const own = visibleFields(object).map((field) => ({
    path: field.name,
    field,
    label: label(field.label, field.name),
  }));
  if (!deep) return own;
  const linked = own.flatMap((pick) => {
    const target = pick.field.type === "link" ? catalog.object(pick.field.target) : undefined;
    if (!target) return [];
    return visibleFields(target)
      .filter((field) => field.name !== target.title)
      .map((field) => ({
        path: `${pick.path}.${field.name}`,
        field,
        label: `${pick.label} › ${label(field.label, field.name)}`,
      }));
  });
  return [...own, ...linked];
}

interface FieldPickerProps {
  picks: Pick[];
  onPick: (pick: Pick) => void;
  /** Before each name: a tick, a handle. */
  mark?: (pick: Pick) => ReactNode;
  /** How many to show while nothing is typed; the rest is found by typing. */
  first?: number;
}

export function FieldPicker({ picks, onPick, mark, first = 40 }: FieldPickerProps) {
  const t = useT();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    // After the popup has been placed: focusing earlier scrolls the page to where it was born.
    const timer = setTimeout(() => box.current?.focus({ preventScroll: true }), 30);
    return () => clearTimeout(timer);
  }, []);
  const q = text.trim().toLowerCase();
  const found = q
    ? picks.filter((pick) => pick.label.toLowerCase().includes(q) || pick.path.includes(q))
    : picks.filter((pick) => !pick.path.includes(".")).slice(0, first);
  const current = Math.min(at, found.length - 1);
  // By its path: another field in the same place is another one for those who hear it.
  const idOf = (pick: Pick | undefined) => pick && `${id}${pick.path}`;
  const choose = (pick: Pick | undefined) => pick && onPick(pick);
  const move = (next: number) => {
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <div className={styles.picker} role="dialog" aria-label={t("list.field.find")}>
      <TextInput
        ref={box}
        size="small"
        value={text}
        placeholder={t("list.field.find")}
        aria-label={t("list.field.find")}
        aria-autocomplete="list"
        aria-controls={id}
        aria-activedescendant={idOf(found[current])}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "ArrowDown") move(Math.min(current + 1, found.length - 1));
          else if (event.key === "ArrowUp") move(Math.max(current - 1, 0));
          else if (event.key === "Enter") choose(found[current]);
          else return;
          event.preventDefault();
        }}
      />
      <div id={id} className={styles.picks} ref={list} role="listbox" tabIndex={-1} aria-label={t("list.field.find")}>
        {found.map((pick, row) => (
          <button
            type="button"
            key={pick.path}
            id={idOf(pick)}
            role="option"
            aria-selected={row === current}
            tabIndex={-1}
            className={cx(styles.pick, row === current && styles.pickOn)}
            onMouseMove={() => setAt(row)}
            onClick={() => choose(pick)}
          >
            {mark?.(pick)}
            <span className="ellipsis">{pick.label}</span>
          </button>
        ))}
      </div>
      <div role="status">{found.length === 0 && <p className={styles.pickNone}>{t("list.field.none")}</p>}</div>
    </div>
  );
}
