/** What may be chosen beside each option of another field: a table of both, walked and ticked by keyboard. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { AlertTriangle, Check } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTried } from "../api/tried";
import { useLabel, useT } from "../i18n";
import type { Field, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, cx, Tick } from "../ui";
import { Modal, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { type Plan, useCatalogChanges } from "./changes";
import { controllers, type Dependence, dependChanges, dependence, type Sets } from "./depends";
import look from "./depends.module.css";

interface Props {
  object: ObjectDef;
  field: Field;
  onClose: () => void;
}

/** What is said at the field, and the way into the table. */
export function DependsOn({ object, field }: { object: ObjectDef; field: Field }) {
  const t = useT();
  const label = useLabel();
  const [open, setOpen] = useState(false);
  const now = dependence(object, field);
  const by = object.fields.find((one) => one.name === now?.by);
  if (controllers(object, field).length === 0) return null;
  return (
    <div className={look.line}>
      <span className={by ? undefined : styles.soft}>
        {by ? label(by.label, by.name) : t("admin.depends.nothing")}
        {now && <span className={styles.soft}> {t("admin.depends.n", { n: Object.keys(now.sets).length })}</span>}
      </span>
      <Button size="small" onClick={() => setOpen(true)}>
        {t(by ? "admin.depends.change" : "admin.depends.set")}
      </Button>
      {open && <Depends object={object} field={field} onClose={() => setOpen(false)} />}
    </div>
  );
}

const ROW = 34;

function Depends({ object, field, onClose }: Props) {
  const t = useT();
  const label = useLabel();
  const { apply, look: ask } = useCatalogChanges();
  const [start] = useState<Dependence | undefined>(() => dependence(object, field));
  const [name, setName] = useState(start?.by ?? "");
  const [sets, setSets] = useState<Sets>(start?.sets ?? {});
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const choices = controllers(object, field);
  const by = choices.find((one) => one.name === name);
  const title = label(field.label, field.name);
  const none = by?.options.filter((option) => sets[option.name]?.length === 0) ?? [];
  const dirty = name !== (start?.by ?? "") || !same(sets, start?.sets ?? {});
  const [changes, back] = dirty ? dependChanges(object, field, by ?? field, by ? sets : {}) : [[], []];
  const ready = changes.length > 0 && none.length === 0;
  const { data } = useTried(["catalog-plan", JSON.stringify(changes)], () => ask(changes), { enabled: ready });
  const unfit = breaksOf(data);
  const save = async () => {
    setBusy(true);
    setFault("");
    try {
      await apply(changes, t("admin.depends.saved", { name: title }), back);
      onClose();
    } catch (reason) {
      setFault((reason as Error).message);
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={960}
      title={t("admin.depends.title", { name: title })}
      onCancel={onClose}
      okText={t("admin.apply")}
      cancelText={t("shell.cancel")}
      okButtonProps={{ disabled: !ready }}
      confirmLoading={busy}
      onOk={() => void save()}
    >
      <div className={look.head}>
        <Select
          aria-label={t("admin.depends.on")}
          className={look.pick}
          showSearch={{ optionFilterProp: "label" }}
          value={name}
          options={[
            { value: "", label: t("admin.depends.nothing") },
            ...choices.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
          ]}
          onChange={(next: string) => {
            setName(next);
            setSets(next ? (dependence(object, field, next)?.sets ?? {}) : {});
          }}
        />
        <p className={styles.help}>{t(by ? "admin.depends.keys" : "admin.depends.what")}</p>
      </div>
      {by && <Matrix key={by.name} field={field} by={by} sets={sets} onChange={setSets} />}
      {(fault || none.length > 0) && (
        <p role="alert" className={styles.fault}>
          <AlertTriangle aria-hidden />
          {fault ||
            t("admin.depends.none", { names: none.map((one) => label(one.label, one.name)).join(t("record.comma")) })}
        </p>
      )}
      {ready && unfit !== null && (
        <p className={unfit ? styles.fault : styles.help} aria-live="polite">
          {unfit > 0 && <AlertTriangle aria-hidden />}
          {unfit > 0 ? t("admin.depends.unfit", { n: unfit }) : t("admin.depends.fits")}
        </p>
      )}
    </Modal>
  );
}

/** Records whose value would not be offered; null while that is asked. */
function breaksOf(plan: Plan | null | undefined): number | null {
  if (!plan) return null;
  const steps = plan.plan as (Plan["plan"][number] & { breaks?: unknown })[];
  return steps.reduce((sum, { breaks }) => sum + (typeof breaks === "number" ? breaks : 0), 0);
}

interface MatrixProps {
  field: Field;
  by: Field;
  sets: Sets;
  onChange: (sets: Sets) => void;
}

function Matrix({ field, by, sets, onChange }: MatrixProps) {
  const t = useT();
  const label = useLabel();
  const scroller = useRef<HTMLDivElement>(null);
  const [[row, col], setCursor] = useState([0, 0]);
  const rows = field.options.filter((option) => !option.retired);
  const cols = by.options.filter((option) => !option.retired);
  const every = field.options.map((option) => option.name);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
    scrollPaddingStart: 44,
  });
  const allowed = (at: string): readonly string[] => sets[at] ?? every;
  const on = (option: string, at: string) => allowed(at).includes(option);
  /** Ticks or clears these options beside these options of the other field. */
  const set = (options: string[], beside: string[], tick: boolean) => {
    const next: Record<string, readonly string[]> = { ...sets };
    for (const at of beside) {
      const kept = every.filter((one) => (options.includes(one) ? tick : allowed(at).includes(one)));
      if (kept.length === every.length) delete next[at];
      else next[at] = kept;
    }
    onChange(next);
  };
  const shown = rows.map((option) => option.name);
  const across = cols.map((option) => option.name);
  const state = (options: string[], beside: string[]): boolean | null => {
    const n = beside.reduce((sum, at) => sum + options.filter((one) => on(one, at)).length, 0);
    return n === 0 ? false : n === options.length * beside.length ? true : null;
  };
  const toggle = (options: string[], beside: string[]) => set(options, beside, state(options, beside) !== true);
  const go = (nextRow: number, nextCol: number) => {
    const at: [number, number] = [
      Math.max(0, Math.min(rows.length - 1, nextRow)),
      Math.max(0, Math.min(cols.length - 1, nextCol)),
    ];
    setCursor(at);
    virtual.scrollToIndex(at[0]);
  };
  useEffect(() => {
    scroller.current?.querySelector("#depends-cursor")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [row + 1, col],
      ArrowUp: [row - 1, col],
      ArrowRight: [row, col + 1],
      ArrowLeft: [row, col - 1],
      PageDown: [row + 10, col],
      PageUp: [row - 10, col],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? rows.length : row, cols.length],
    };
    const way = steps[event.key];
    const [one, at] = [shown[row], across[col]];
    if (way) go(...way);
    else if (event.key === " " && one && at) toggle(event.ctrlKey ? shown : [one], event.shiftKey ? across : [at]);
    else return;
    event.preventDefault();
  };
  const template = { gridTemplateColumns: `minmax(132px, 200px) repeat(${cols.length}, minmax(84px, 1fr))` };
  return (
    <div
      ref={scroller}
      className={look.matrix}
      role="grid"
      tabIndex={0}
      aria-label={t("admin.depends.table")}
      aria-multiselectable="true"
      aria-rowcount={rows.length + 1}
      aria-colcount={cols.length + 1}
      aria-activedescendant="depends-cursor"
      onKeyDown={onKeyDown}
    >
      <div className={look.width} style={{ minWidth: 132 + 84 * cols.length }}>
        <div role="row" className={look.top} style={template}>
          <div role="columnheader" className={look.corner}>
            <Tick
              checked={state(shown, across) === true}
              some={state(shown, across) === null}
              label={t("admin.depends.all")}
              onToggle={() => toggle(shown, across)}
            />
          </div>
          {cols.map((option) => {
            const name = label(option.label, option.name);
            const now = state(shown, [option.name]);
            return (
              <div key={option.name} role="columnheader" className={look.column} title={name}>
                <Tick
                  checked={now === true}
                  some={now === null}
                  label={t("admin.depends.column", { name })}
                  onToggle={() => toggle(shown, [option.name])}
                />
                <span>{name}</span>
              </div>
            );
          })}
        </div>
        <div role="rowgroup" className={look.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const option = rows[index];
            if (!option) return null;
            const name = label(option.label, option.name);
            const now = state([option.name], across);
            return (
              <div
                key={option.name}
                role="row"
                aria-rowindex={index + 2}
                className={look.row}
                style={{ ...template, transform: `translateY(${start}px)` }}
              >
                <div role="rowheader" className={look.name} title={name}>
                  <Tick
                    checked={now === true}
                    some={now === null}
                    label={t("admin.depends.row", { name })}
                    onToggle={() => toggle([option.name], across)}
                  />
                  <span className="ellipsis">{name}</span>
                </div>
                {cols.map((other, at) => {
                  const ticked = on(option.name, other.name);
                  const here = index === row && at === col;
                  return (
                    // biome-ignore lint/a11y/useKeyWithClickEvents: Space does the same in the grid
                    <div
                      key={other.name}
                      role="gridcell"
                      tabIndex={-1}
                      id={here ? "depends-cursor" : undefined}
                      aria-selected={ticked}
                      aria-label={`${name} · ${label(other.label, other.name)}`}
                      className={cx(look.cell, ticked && look.on, here && look.here)}
                      onClick={() => {
                        setCursor([index, at]);
                        scroller.current?.focus({ preventScroll: true });
                        toggle([option.name], [other.name]);
                      }}
                    >
                      {ticked && <Check aria-hidden />}
                    </div>
                  );
                })}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
