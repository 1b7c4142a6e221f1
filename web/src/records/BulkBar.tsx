/** What can be done with the chosen records, floating over the end of the list. Everything in it can be undone. */
import { useNavigate } from "@tanstack/react-router";
import { Archive, ArchiveRestore, Download, Merge, PenLine, Trash2, UserRound, UsersRound, X } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { type Target, useWrites } from "../api/writes";
import { slots } from "../apps/slots";
import { twin } from "../fields";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import { inline } from "../i18n/words";
import { FEWEST, MOST } from "../merging/model";
import { part } from "../renew";
import type { Field } from "../schema/catalog";
import { useCommands } from "../shell/commands";
import { Button, Dropdown, Popover, useReturning, whyOf } from "../ui";
import { written } from "./EditCell";
import { FieldPicker } from "./FieldPicker";
import { formatsOf, useExport } from "./files";
import { useFittingAll } from "./fitting";
import { changeable, type List } from "./list";
import styles from "./list.module.css";
import type { Selection } from "./selection";

const IntoSegment = part(() => import("../segments/IntoSegment"));

export function BulkBar({
  list,
  selection,
  count,
  exact,
}: {
  list: List;
  selection: Selection;
  count: number | undefined;
  exact: boolean;
}) {
  const t = useT();
  useReturning();
  const f = useFormat();
  const { mass } = useWrites(list.object.name);
  const run = useExport(list);
  const navigate = useNavigate();
  const { can } = list.object;
  const n = selection.size(count);
  const target = selection.target(list.filter, list.q);
  const wider = !selection.all && count !== undefined && count > n;
  const remove = () =>
    mass(target, { delete: true }, (done) => t("shell.deleted", { n: done }))
      .then(selection.clear)
      .catch(() => undefined);
  const put = (act: { archive: true } | { restore: true }) =>
    mass(target, act, (done) => t("archive" in act ? "list.archived.done" : "list.restored.done", { n: done }))
      .then(selection.clear)
      .catch(() => undefined);
  return (
    <div className={styles.bulk} role="toolbar" aria-label={t("list.bulk")}>
      <b>{t("list.selected", { n: f.count((!selection.all || exact) && n, n) })}</b>
      {wider && (
        <button type="button" className={styles.bulkSoft} onClick={selection.chooseAll}>
          {t("list.select.all", { count: f.count(exact && count, count) })}
        </button>
      )}
      <i />
      {!selection.all &&
        slots("list.bulk", list.object.name).map(({ component: Part }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
          <Part key={at} object={list.object.name} ids={[...selection.ids]} onDone={selection.clear} />
        ))}
      {can.update && <ChangeField list={list} target={target} n={n} onDone={selection.clear} />}
      {can.export && (
        <Dropdown
          placement="top"
          menu={{
            items: formatsOf(list.object).map((format) => ({ key: format, label: t(`list.export.${format}`) })),
            onClick: ({ key }) => void run(key, target),
          }}
        >
          <button type="button" className={styles.bulkAct}>
            <Download />
            {t("list.export")}
          </button>
        </Dropdown>
      )}
      <Suspense
        fallback={
          // It has its place from the start: nothing that can be pressed moves when its code is here.
          <button type="button" className={styles.bulkAct} disabled aria-busy="true">
            <UsersRound />
            {t("seg.add")}
          </button>
        }
      >
        <IntoSegment list={list} target={target} onDone={selection.clear} />
      </Suspense>
      {can.update && can.delete && !selection.all && n >= FEWEST && n <= MOST && (
        <Act
          icon={<Merge />}
          name={t("merge.act")}
          onAct={() =>
            navigate({
              to: "/merge/$object",
              params: { object: list.object.name },
              search: { ids: [...selection.ids].sort().join(",") } as never,
            })
          }
        />
      )}
      {can.delete && list.archived && (
        <Act icon={<ArchiveRestore />} name={t("list.restore")} onAct={() => put({ restore: true })} />
      )}
      {can.delete && !list.archived && !list.moment && list.object.area !== "settings" && (
        <Act icon={<Archive />} name={t("list.archive")} onAct={() => put({ archive: true })} />
      )}
      {can.delete && !list.archived && <Act icon={<Trash2 />} name={t("list.delete")} onAct={remove} />}
      <i />
      <button
        type="button"
        className={styles.bulkSoft}
        aria-label={t("shell.cancel")}
        title={`${t("shell.cancel")} (Esc)`}
        onClick={selection.clear}
      >
        <X />
      </button>
    </div>
  );
}

/** Something to do with the chosen records, also found in the search box. */
function Act({ icon, name, onAct }: { icon: ReactNode; name: string; onAct: () => Promise<unknown> }) {
  useCommands([{ key: name, label: name, onClick: () => void onAct() }]);
  return (
    <button type="button" className={styles.bulkAct} onClick={() => void onAct()}>
      {icon}
      {name}
    </button>
  );
}

interface ChangeProps {
  list: List;
  target: Target;
  n: number;
  onDone: () => void;
}

/** The owner, which changes hands most, and any other field. */
function ChangeField(props: ChangeProps) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const { object } = props.list;
  const owner = changeable(object).find((one) => one.name === object.owner);
  return (
    <span className={styles.bulkGroup}>
      {owner && (
        <Change
          {...props}
          begin={owner}
          icon={<UserRound />}
          name={t("list.bulk.change", { field: inline(label(owner.label), language) })}
        />
      )}
      <Change {...props} begin={null} icon={<PenLine />} name={t("list.bulk.field")} />
    </span>
  );
}

/** A button that asks for a field, unless it begins with one, and for its new value. */
function Change({
  list,
  target,
  n,
  onDone,
  begin,
  icon,
  name,
}: ChangeProps & { begin: Field | null; icon: ReactNode; name: string }) {
  const label = useLabel();
  const [open, setOpen] = useState(false);
  const [field, setField] = useState(begin);
  const show = (next: boolean) => {
    setOpen(next);
    setField(begin);
  };
  useCommands([{ key: name, label: name, onClick: () => show(true) }]);
  const picks = () =>
    changeable(list.object).map((one) => ({ path: one.name, field: one, label: label(one.label, one.name) }));
  return (
    <Popover
      open={open}
      onOpenChange={show}
      placement="top"
      label={field ? label(field.label, field.name) : undefined}
      content={
        field ? (
          <SetValue
            key={field.name}
            list={list}
            field={field}
            target={target}
            n={n}
            onDone={() => {
              show(false);
              onDone();
            }}
          />
        ) : (
          <FieldPicker picks={picks()} onPick={(pick) => setField(pick.field)} />
        )
      }
    >
      <button type="button" className={styles.bulkAct}>
        {icon}
        {name}
      </button>
    </Popover>
  );
}

function SetValue({
  list,
  field,
  target,
  n,
  onDone,
}: {
  list: List;
  field: Field;
  target: Target;
  n: number;
  onDone: () => void;
}) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const { mass } = useWrites(list.object.name, "all");
  const [value, setValue] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const { Input } = twin(field);
  const offered = useFittingAll(list.object, field, target);
  const name = label(field.label, field.name);
  const empty = value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  const apply = async () => {
    setBusy(true);
    setFault(null);
    try {
      await mass(target, { values: { [field.name]: empty ? null : written(value) } }, (done) =>
        t("list.bulk.done", { n: done, field: name }),
      );
      onDone();
    } catch (reason) {
      setFault(whyOf(reason, t));
      setBusy(false);
    }
  };
  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault();
        if (!empty) void apply();
      }}
    >
      <div className={styles.editorHead}>
        <b className="ellipsis">{t("list.bulk.set", { field: inline(name, language) })}</b>
      </div>
      <Input
        label={name}
        field={offered}
        value={value}
        onChange={setValue}
        autoFocus
        status={fault ? "error" : undefined}
      />
      {fault && (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      )}
      <div className={styles.editorFoot}>
        {/* Emptying is a choice of its own: never what Enter does before a value is chosen. */}
        {empty ? (
          <Button size="small" danger loading={busy} disabled={field.required} onClick={() => void apply()}>
            {t("list.bulk.clear", { n })}
          </Button>
        ) : (
          <Button size="small" type="primary" htmlType="submit" loading={busy}>
            {t("list.bulk.apply", { n })}
          </Button>
        )}
      </div>
    </form>
  );
}
