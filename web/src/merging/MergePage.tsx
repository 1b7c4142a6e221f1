/** Records side by side: which one stays, which value each field gets, and what comes out. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { PenLine } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { Answered } from "../admin/Table";
import { ApiError, api } from "../api/client";
import { keys, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { isEmpty, twin } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import { written } from "../records/EditCell";
import { type Field, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, ErrorState, IconButton, Nothing, Page, Popover, useRefusal, useToast } from "../ui";
import styles from "./merging.module.css";
import { type Belonging, type Choice, FEWEST, type FieldOutcome, MOST, type Preview } from "./model";
import { Option } from "./Option";

export default function MergePage() {
  const t = useT();
  const { object: name } = useParams({ strict: false }) as { object: string };
  const { ids } = useSearch({ strict: false }) as { ids?: string };
  const object = useCatalog().object(name);
  const chosen = [...new Set((ids ?? "").split(",").filter(Boolean))];
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  return (
    <Page title={t("merge.title")} padded>
      {chosen.length < FEWEST || chosen.length > MOST ? (
        <Nothing of="merge.two" />
      ) : (
        <Sides key={chosen.join()} object={object} ids={chosen} />
      )}
    </Page>
  );
}

function Sides({ object, ids }: { object: ObjectDef; ids: string[] }) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const [survivor, setSurvivor] = useState(ids[0] ?? "");
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const [all, setAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const sent = Object.fromEntries(
    Object.entries(choices).map(([name, one]) => [name, "value" in one ? { value: written(one.value) } : one]),
  );
  const asked = { survivor, ids: ids.filter((id) => id !== survivor), choices: sent };
  const preview = useQuery({
    queryKey: [...keys.records(object.name), "merge", asked],
    queryFn: ({ signal }) => api.read<Preview>(`/records/${object.name}/merge`, { ...asked, dry_run: true }, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (!preview.data) return <Answered of={preview} />;
  const data = preview.data;
  const records = ids.flatMap((id) => data.records.find((one) => one.id === id) ?? []);
  const title = (one: RecordData | undefined) => (one && titleOf(object, one)) || t("merge.untitled");
  const stays = records.find((one) => one.id === survivor);
  const goes = records.filter((one) => one.id !== survivor);
  const rows = data.fields.flatMap((outcome) => {
    const field = object.fields.find((one) => one.name === outcome.name);
    const there = outcome.how === "made" || records.some((one) => !isEmpty(one[outcome.name]));
    return field && there ? [{ field, outcome }] : [];
  });
  // What nobody decides comes last.
  rows.sort((a, b) => Number(b.outcome.writable) - Number(a.outcome.writable));
  const same = rows.filter(({ outcome }) => !outcome.differs && outcome.how === "kept").length;
  const shown = all ? rows : rows.filter(({ outcome }) => outcome.differs || outcome.how !== "kept");
  const fault = preview.error instanceof ApiError ? preview.error.fields : {};
  const choose = (name: string, choice: Choice) => {
    setProblems({});
    setChoices((old) => ({ ...old, [name]: choice }));
  };

  const merge = async () => {
    setBusy(true);
    setProblems({});
    try {
      const versions = Object.fromEntries(records.map((one) => [one.id, one.version]));
      const { changeSet } = await api.make(`/records/${object.name}/merge`, { ...asked, versions });
      toast({
        text: t("merge.done", { title: title(stays) }),
        undo: changeSet ? () => undo(changeSet) : undefined,
      });
      // This page goes first: what it shows is there no more, and would be asked for again.
      await navigate({ to: "/o/$object/$id", params: { object: object.name, id: survivor } });
      void touchRecords(client);
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason;
      setProblems(reason.fields);
      refuse(reason);
      void preview.refetch();
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={styles.sheet} style={{ "--columns": records.length + 1 } as CSSProperties}>
      <p className={styles.lead}>{t("merge.lead", { n: goes.length, lost: title(goes[0]), survivor: title(stays) })}</p>
      {data.conflicts.length > 0 && (
        <div className={styles.hindered} role="alert">
          <b>{t("merge.hindered")}</b>
          <ul>
            {data.conflicts.map((one) => (
              <li key={`${one.code} ${one.id} ${one.field}`}>
                {one.id && records.length > 2 ? `${title(records.find((r) => r.id === one.id))}: ` : ""}
                {one.message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Heads
        object={object}
        records={records}
        survivor={survivor}
        onPick={(id) => {
          setSurvivor(id);
          setProblems({});
        }}
      />
      {shown.length === 0 && <p className={styles.note}>{t("merge.none")}</p>}
      {shown.map(({ field, outcome }) => (
        <FieldRow
          key={field.name}
          field={field}
          outcome={outcome}
          records={records}
          title={title}
          problem={problems[field.name] ?? fault[field.name]}
          own={choices[field.name]}
          onChoose={(choice) => choose(field.name, choice)}
        />
      ))}
      {same > 0 && (
        <div className={styles.more}>
          <Button size="small" type="text" onClick={() => setAll(!all)}>
            {all ? t("merge.same.hide") : t("merge.same", { n: same })}
          </Button>
        </div>
      )}
      <h2 className={styles.part}>{t("merge.belongs")}</h2>
      <Belongings of={[...data.related, ...data.attached]} records={records} title={title} />
      <div className={styles.foot}>
        <Button onClick={() => window.history.back()}>{t("shell.cancel")}</Button>
        <Button type="primary" loading={busy} disabled={data.conflicts.length > 0} onClick={() => void merge()}>
          {t("merge.into", { title: title(stays) })}
        </Button>
      </div>
    </div>
  );
}

interface HeadsProps {
  object: ObjectDef;
  records: RecordData[];
  survivor: string;
  onPick: (id: string) => void;
}

function Heads({ object, records, survivor, onPick }: HeadsProps) {
  const t = useT();
  const f = useFormat();
  return (
    <div className={`${styles.row} ${styles.heads}`} role="radiogroup" aria-label={t("merge.stays")}>
      <span className={styles.name}>{t("merge.field")}</span>
      {records.map((one) => (
        <label key={one.id}>
          <b dir="auto">{titleOf(object, one) || t("merge.untitled")}</b>
          <small>{f.date(String(one.created_at))}</small>
          <span className={styles.stays} data-on={one.id === survivor || undefined}>
            <input type="radio" name="survivor" checked={one.id === survivor} onChange={() => onPick(one.id)} />
            {t(one.id === survivor ? "merge.stays" : "merge.goes")}
          </span>
        </label>
      ))}
      <b className={styles.headless}>{t("merge.result")}</b>
    </div>
  );
}

interface FieldRowProps {
  field: Field;
  outcome: FieldOutcome;
  records: RecordData[];
  title: (record: RecordData | undefined) => string;
  problem?: string;
  own?: Choice;
  onChoose: (choice: Choice) => void;
}

function FieldRow({ field, outcome, records, title, problem, own, onChoose }: FieldRowProps) {
  const t = useT();
  const label = useLabel();
  const name = label(field.label, field.name);
  const { Cell } = twin(field);
  const from = records.find((one) => one.id === outcome.from);
  const many = records.some((one) => Array.isArray(one[field.name]));
  const value = outcome.from ? from?.[field.name] : outcome.value;
  const group = `merge ${field.name}`;
  const given = own && "value" in own && outcome.how === "given" ? own.value : value;
  return (
    <div className={styles.row} role="radiogroup" aria-label={name}>
      <span className={styles.name}>{name}</span>
      {records.map((one) => (
        <Option
          key={one.id}
          field={field}
          value={one[field.name]}
          record={one}
          group={group}
          of={title(one)}
          on={outcome.from === one.id}
          fixed={!outcome.writable}
          onPick={() => onChoose({ from: one.id })}
        />
      ))}
      <div className={styles.comes}>
        <span>
          <span className={styles.of}>{t("merge.result")}</span>
          {isEmpty(given) ? (
            <span className={styles.soft}>{t("merge.empty")}</span>
          ) : (
            <Cell field={field} value={given} record={from} />
          )}
          {outcome.how === "made" && <small>{t("merge.made")}</small>}
        </span>
        {many && outcome.writable && outcome.differs && outcome.how !== "joined" && (
          <Button size="small" type="text" onClick={() => onChoose({ join: true })}>
            {t("merge.joined")}
          </Button>
        )}
        {outcome.writable && <OwnValue field={field} value={given} name={name} onChoose={onChoose} />}
      </div>
      {problem && (
        <p className={styles.fault} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function OwnValue({
  field,
  value,
  name,
  onChoose,
}: {
  field: Field;
  value: unknown;
  name: string;
  onChoose: (choice: Choice) => void;
}) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<unknown>(value);
  const { Input } = twin(field);
  return (
    <Popover
      open={open}
      onOpenChange={(next) => {
        setTyped(value);
        setOpen(next);
      }}
      placement="bottomRight"
      label={t("merge.own", { field: name })}
      content={
        <form
          className={styles.own}
          onSubmit={(event) => {
            event.preventDefault();
            onChoose({ value: isEmpty(typed) ? null : typed });
            setOpen(false);
          }}
        >
          <Input field={field} value={typed} onChange={setTyped} autoFocus label={name} />
          <Button size="small" type="primary" htmlType="submit">
            {t("merge.own.done")}
          </Button>
        </form>
      }
    >
      <IconButton icon={<PenLine />} small label={t("merge.own", { field: name })} />
    </Popover>
  );
}

function Belongings({
  of,
  records,
  title,
}: {
  of: Belonging[];
  records: RecordData[];
  title: (record: RecordData) => string;
}) {
  const t = useT();
  const f = useFormat();
  if (of.length === 0) return <p className={styles.note}>{t("merge.belongs.none")}</p>;
  return (
    <>
      {of.map(({ name, label, counts }) => (
        <div key={name} className={styles.row}>
          <span className={styles.name}>{label}</span>
          {records.map((one) => (
            <span key={one.id}>
              <span className={styles.of} dir="auto">
                {title(one)}
              </span>
              {counts[one.id] ? f.number(counts[one.id] ?? 0) : <span className="dash">—</span>}
            </span>
          ))}
          <b className={styles.comes}>
            {t("merge.total", { n: Object.values(counts).reduce((sum, n) => sum + n, 0) })}
          </b>
        </div>
      ))}
    </>
  );
}
