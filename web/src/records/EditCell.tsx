/** A cell being edited: Enter, Tab and leaving it save, Esc restores. What was refused stays as it was typed, with the reason. */
import { type KeyboardEvent, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useBack } from "../api/live";
import { Stale, whoOf } from "../api/newest";
import { useWrites, type Values } from "../api/writes";
import { twin, useFormatContext } from "../fields";
import { useLabel, useT } from "../i18n";
import type { Field, ObjectDef, RecordData } from "../schema/catalog";
import { titleOf } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx } from "../ui";
import { useFitting } from "./fitting";
import styles from "./list.module.css";

/** A link is read as {id, title} and written as its id. */
export function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (value && typeof value === "object" && "id" in value && "title" in value)
    return "object" in value ? { object: value.object, id: value.id } : value.id;
  return value;
}

export interface Edit {
  line: number;
  col: number;
  /** What was refused, to be mended. */
  values?: Values;
  /** The record over which it is written: the row as it stood there, or as it was shown when it was refused. */
  over?: RecordData;
  fault?: string;
}

/** Where the cursor goes when an edit is over. */
export type Way = "stay" | "down" | "right" | "left";

/** Whether Tab comes to another input of the same cell. */
function beside({ currentTarget, target, shiftKey }: KeyboardEvent<HTMLElement>): boolean {
  const inputs = [...currentTarget.querySelectorAll<HTMLElement>("input, textarea, select, [contenteditable]")];
  const at = inputs.indexOf(target as HTMLElement);
  return at >= 0 && inputs[at + (shiftKey ? -1 : 1)] !== undefined;
}

interface EditCellProps {
  object: ObjectDef;
  row: RecordData;
  field: Field;
  edit: Edit;
  onClose: (way: Way) => void;
  onSaved: () => void;
  onRefused: (edit: Edit) => void;
}

export function EditCell({ object, row, field, edit, onClose, onSaved, onRefused }: EditCellProps) {
  const t = useT();
  const label = useLabel();
  const { update } = useWrites(object.name, "cell");
  const [values, setValues] = useState<Values>(edit.values ?? {});
  const latest = useRef<Values>(edit.values ?? {});
  const box = useRef<HTMLDivElement>(null);
  const over = useRef(false);
  /** Where the last key leads when the input is complete with it. */
  const onward = useRef<Way>("down");
  const { Input, wide, format } = twin(field);
  const ctx = useFormatContext();
  const [base] = useState(edit.over ?? row);
  const theirs = (now: RecordData) =>
    t("record.stale", {
      who: whoOf(now) || t("list.cell.somebody"),
      value: format(now[field.name], field, ctx, now) || "—",
    });
  const offered = useFitting(object, field, row, values);
  const change = (value: unknown, more?: Values) => {
    latest.current = { ...latest.current, [field.name]: value, ...more };
    setValues(latest.current);
  };
  const close = (way: Way) => {
    over.current = true;
    onClose(way);
  };
  const save = (way: Way) => {
    if (over.current) return;
    close(way);
    const changed = Object.entries(latest.current).filter(([name, value]) => !same(value, base[name]));
    if (!changed.length) return;
    update(row.id, Object.fromEntries(changed.map(([name, value]) => [name, written(value)])), {
      over: base,
      asks: true,
      shown: Object.fromEntries(changed),
      done: t("list.saved", { title: titleOf(object, row) }),
    })
      .then(onSaved)
      .catch((reason) => {
        const typed = { ...edit, values: latest.current };
        if (reason instanceof Stale)
          onRefused({ ...typed, over: reason.fresh, fault: `${theirs(reason.fresh)} ${t("list.cell.stale")}` });
        if (reason instanceof ApiError && (reason.status === 422 || reason.status === 0))
          onRefused({
            ...typed,
            over: base,
            fault: reason.status ? (reason.errors[0]?.message ?? reason.message) : t("record.offline"),
          });
      });
  };
  useBack(edit.fault === t("record.offline"), () => save("stay"));
  return (
    <div
      ref={box}
      role="gridcell"
      tabIndex={-1}
      className={styles.edit}
      onKeyDownCapture={(event) => {
        onward.current = event.key !== "Tab" ? "down" : event.shiftKey ? "left" : "right";
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape" && !event.nativeEvent.isComposing) close("stay");
        // Within what is made of several inputs, such as an address, it goes from one to the next.
        if (event.key !== "Tab" || (wide && beside(event))) return;
        event.preventDefault();
        save(onward.current);
      }}
      onBlur={(event) => {
        // Popups of selects and calendars live outside the cell.
        const to = event.relatedTarget as HTMLElement | null;
        const outside =
          to && !box.current?.contains(to) && !to.closest(".ant-select-dropdown, .ant-picker-dropdown, .ant-popover");
        // The input reads what was typed when it is left; after that it is complete.
        if (outside) setTimeout(() => save("stay"), 0);
      }}
    >
      <Input
        field={offered}
        value={field.name in values ? values[field.name] : base[field.name]}
        values={{ ...base, ...values }}
        onChange={change}
        onCommit={(value, more) => {
          change(value, more);
          save(onward.current);
        }}
        label={label(field.label, field.name)}
        status={edit.fault ? "error" : undefined}
        autoFocus
        size="small"
      />
      {edit.fault ? (
        <p className={styles.editFault} role="alert">
          {edit.fault}
        </p>
      ) : (
        !same(row[field.name] ?? null, base[field.name] ?? null) && (
          <p className={cx(styles.editFault, styles.meanwhile)} role="status">
            {theirs(row)}
          </p>
        )
      )}
    </div>
  );
}
