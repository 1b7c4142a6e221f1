/** Pipelines: the stages that a deal goes through, how likely each is, and what must be known in it. */
import { Button, Input, InputNumber, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useAggregate, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { type ObjectDef, type Pipeline, type Stage, visibleFields } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx, Empty, IconButton, usePhone } from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import pipe from "./Pipelines.module.css";
import { ColorPick, Rows } from "./Rows";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";

interface Row {
  key: string;
  /** null: a stage that is not there yet. */
  name: string | null;
  en: string;
  zh: string;
  kind: Stage["kind"];
  probability: number;
  color: string;
  required: string[];
}

const KINDS = ["open", "won", "lost"] as const;
const SURE: Partial<Record<Stage["kind"], number>> = { won: 100, lost: 0 };

const rowsOf = (pipeline: Pipeline): Row[] =>
  pipeline.stages.map((stage) => ({
    key: stage.name,
    name: stage.name,
    en: stage.label.en ?? "",
    zh: stage.label.zh ?? "",
    kind: stage.kind,
    probability: stage.probability,
    color: stage.color ?? "",
    required: stage.required,
  }));

function stagesOf(rows: Row[]): Record<string, unknown>[] {
  const taken = new Set(rows.flatMap((row) => (row.name ? [row.name] : [])));
  return rows
    .filter((row) => row.name !== null || row.en.trim() || row.zh.trim())
    .map((row) => {
      const name = row.name ?? freeName(nameFrom(row.en) || "stage", taken);
      taken.add(name);
      const { kind, probability, color, required } = row;
      return { name, label: labelOf(row.en, row.zh), kind, probability, color, required };
    });
}

export function Pipelines({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [chosen, setChosen] = useState(name);
  const [making, setMaking] = useState(false);
  const pipeline = catalog.pipelines.find((one) => one.name === chosen) ?? catalog.pipelines[0];
  const object = catalog.object(pipeline?.object);
  if (!pipeline || !object) return <Empty title={t("admin.pipelines.none")} />;
  return (
    <PipelineEditor
      key={`${pipeline.name} ${catalog.version}`}
      pipeline={pipeline}
      object={object}
      tabs={
        <nav className={styles.tabs} aria-label={t("admin.pipelines")}>
          {catalog.pipelines.map((one) => (
            <button
              key={one.name}
              type="button"
              className={cx(styles.tab, one === pipeline && styles.tabOn)}
              aria-current={one === pipeline ? "page" : undefined}
              onClick={() => setChosen(one.name)}
            >
              {label(one.label, one.name)}
              <small>{label(catalog.object(one.object)?.plural)}</small>
            </button>
          ))}
        </nav>
      }
      onNew={() => setMaking(true)}
      panel={
        making && (
          <NewPipeline
            like={pipeline}
            onClose={() => setMaking(false)}
            onDone={(made) => {
              setMaking(false);
              setChosen(made);
            }}
          />
        )
      }
    />
  );
}

/** How many records stand in each stage of a pipeline. */
function useStanding(object: ObjectDef, pipeline: Pipeline): Record<string, number> | null {
  const stage = object.fields.find((field) => field.type === "stage");
  const chooser = object.fields.find((field) => field.type === "pipeline");
  const { data } = useAggregate(
    object.name,
    {
      filter: chooser ? { field: chooser.name, op: "eq", value: pipeline.name } : null,
      group: stage ? [stage.name] : [],
      measures: [{ fn: "count", as: "n" }],
    },
    stage !== undefined,
  );
  if (!data || !stage) return null;
  return Object.fromEntries(data.map((row) => [String(row.group[stage.name]), row.values.n ?? 0]));
}

function PipelineEditor({
  pipeline,
  object,
  tabs,
  onNew,
  panel,
}: {
  pipeline: Pipeline;
  object: ObjectDef;
  tabs: React.ReactNode;
  onNew: () => void;
  panel: React.ReactNode;
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const phone = usePhone();
  const { apply } = useCatalogChanges();
  const [title, setTitle] = useState({ en: pipeline.label.en ?? "", zh: pipeline.label.zh ?? "" });
  const [rows, setRows] = useState(() => rowsOf(pipeline));
  const [next, setNext] = useState(1);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const standing = useStanding(object, pipeline);
  const fields = visibleFields(object).filter((field) => !field.system && !field.readonly && field.type !== "stage");

  const change: CatalogChange = {
    op: "change_pipeline",
    name: pipeline.name,
    object: pipeline.object,
    label: labelOf(title.en, title.zh),
    stages: stagesOf(rows),
  };
  const before: CatalogChange = {
    ...change,
    label: labelOf(pipeline.label.en ?? "", pipeline.label.zh ?? ""),
    stages: stagesOf(rowsOf(pipeline)),
  };
  const dirty = !same(change, before);
  const set = (key: string, part: Partial<Row>) => {
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
    setFaults(NO_FAULTS);
  };
  const shown = (row: Row) => label(labelOf(row.en, row.zh), row.name ?? t("admin.stage"));
  const add = () => {
    const fresh: Row = {
      key: `new ${next}`,
      name: null,
      en: "",
      zh: "",
      kind: "open",
      probability: 50,
      color: "",
      required: [],
    };
    const end = rows.findIndex((row) => row.kind !== "open");
    setRows(end < 0 ? [...rows, fresh] : [...rows.slice(0, end), fresh, ...rows.slice(end)]);
    setNext(next + 1);
  };
  const save = async () => {
    setBusy(true);
    try {
      await apply([change], t("admin.pipeline.saved", { name: label(labelOf(title.en, title.zh)) }), [before]);
    } catch (reason) {
      setFaults(faultsOf(reason, ["label"], t("shell.offline")));
      setBusy(false);
    }
  };
  return (
    <Section
      title={t("admin.pipelines")}
      bar={tabs}
      actions={
        <Button type={dirty ? "default" : "primary"} icon={<Plus />} onClick={onNew}>
          {t("admin.pipeline.new")}
        </Button>
      }
      panel={panel || undefined}
      padded
      foot={
        dirty ? (
          <div className={styles.foot}>
            <span className={styles.footNote}>{t("admin.pipeline.dirty")}</span>
            <span className="spring" />
            <Button
              onClick={() => {
                setRows(rowsOf(pipeline));
                setTitle({ en: pipeline.label.en ?? "", zh: pipeline.label.zh ?? "" });
              }}
            >
              {t("admin.discard")}
            </Button>
            <Button type="primary" loading={busy} onClick={() => void save()}>
              {t("admin.save")}
            </Button>
          </div>
        ) : undefined
      }
    >
      <div className={pipe.title}>
        <Line label={t("admin.label.en")} error={faults.fields.label}>
          {(id) => (
            <Input
              id={id}
              value={title.en}
              maxLength={120}
              onChange={(e) => setTitle({ ...title, en: e.target.value })}
            />
          )}
        </Line>
        <Line label={t("admin.label.zh")}>
          {(id) => (
            <Input
              id={id}
              lang="zh"
              value={title.zh}
              maxLength={120}
              onChange={(e) => setTitle({ ...title, zh: e.target.value })}
            />
          )}
        </Line>
      </div>
      <Banner messages={faults.others} />
      {!phone && (
        <div className={cx(pipe.stage, pipe.headRow)} aria-hidden="true">
          <span>{t("admin.stage.en")}</span>
          <span>{t("admin.stage.zh")}</span>
          <span>{t("admin.stage.kind")}</span>
          <span>{t("admin.stage.probability")}</span>
          <span>{t("admin.stage.required")}</span>
          <span className={styles.right}>{t("admin.stage.now")}</span>
          <span />
        </div>
      )}
      <Rows
        rows={rows}
        onMove={setRows}
        name={shown}
        render={(row) => {
          const n = row.name === null ? 0 : (standing?.[row.name] ?? 0);
          return (
            <div className={pipe.stage}>
              <span className={pipe.named}>
                <ColorPick color={row.color} name={shown(row)} onChange={(color) => set(row.key, { color })} />
                <Input
                  variant="borderless"
                  value={row.en}
                  autoFocus={row.name === null}
                  placeholder={t("admin.stage.en")}
                  aria-label={`${t("admin.stage.en")} · ${shown(row)}`}
                  onChange={(event) => set(row.key, { en: event.target.value })}
                />
              </span>
              <Input
                variant="borderless"
                lang="zh"
                value={row.zh}
                placeholder={t("admin.stage.zh")}
                aria-label={`${t("admin.stage.zh")} · ${shown(row)}`}
                onChange={(event) => set(row.key, { zh: event.target.value })}
              />
              <Select
                variant="borderless"
                value={row.kind}
                aria-label={`${t("admin.stage.kind")} · ${shown(row)}`}
                onChange={(kind: Row["kind"]) =>
                  set(row.key, { kind, probability: SURE[kind] ?? Math.min(Math.max(row.probability, 5), 95) })
                }
                options={KINDS.map((kind) => ({ value: kind, label: t(`admin.stage.${kind}`) }))}
              />
              <InputNumber
                variant="borderless"
                min={0}
                max={100}
                precision={0}
                controls={false}
                suffix="%"
                disabled={row.kind !== "open"}
                value={row.probability}
                aria-label={`${t("admin.stage.probability")} · ${shown(row)}`}
                onChange={(probability) => set(row.key, { probability: probability ?? 0 })}
              />
              <Select
                variant="borderless"
                mode="multiple"
                maxTagCount={phone ? 3 : 2}
                showSearch={{ optionFilterProp: "label" }}
                value={row.required}
                placeholder={t("admin.stage.required.none")}
                aria-label={`${t("admin.stage.required")} · ${shown(row)}`}
                onChange={(required: string[]) => set(row.key, { required })}
                options={fields.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
              />
              <span className={cx(styles.right, "num", styles.second)}>{standing ? f.number(n) : ""}</span>
              <IconButton
                small
                icon={<Trash2 />}
                disabled={n > 0 || rows.length < 2}
                label={
                  n > 0 ? t("admin.stage.full", { n, name: shown(row) }) : t("admin.stage.remove", { name: shown(row) })
                }
                onClick={() => setRows(rows.filter((one) => one.key !== row.key))}
              />
            </div>
          );
        }}
      />
      <button type="button" className={styles.addRow} onClick={add}>
        <Plus />
        {t("admin.stage.add")}
      </button>
    </Section>
  );
}

function NewPipeline({
  like,
  onClose,
  onDone,
}: {
  like: Pipeline;
  onClose: () => void;
  onDone: (name: string) => void;
}) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const [title, setTitle] = useState({ en: "", zh: "" });
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const ready = Boolean(title.en.trim() || title.zh.trim());
  const save = async () => {
    if (!ready || busy) return;
    setBusy(true);
    const name = freeName(
      nameFrom(title.en) || "pipeline",
      catalog.pipelines.map((one) => one.name),
    );
    try {
      await apply(
        [
          {
            op: "add_pipeline",
            name,
            object: like.object,
            label: labelOf(title.en, title.zh),
            stages: stagesOf(rowsOf(like)),
          },
        ],
        t("admin.pipeline.added", { name: label(labelOf(title.en, title.zh)) }),
      );
      onDone(name);
    } catch (reason) {
      setFaults(faultsOf(reason, ["label", "name"], t("shell.offline")));
      setBusy(false);
    }
  };
  return (
    <Panel
      title={t("admin.pipeline.new")}
      onClose={onClose}
      foot={
        <Button className={styles.grow} type="primary" disabled={!ready} loading={busy} onClick={() => void save()}>
          {t("admin.pipeline.add")}
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Banner messages={faults.others} />
        <p className={styles.help}>{t("admin.pipeline.like", { name: label(like.label, like.name) })}</p>
        <Line label={t("admin.label.en")} error={faults.fields.label ?? faults.fields.name}>
          {(id) => (
            <Input
              id={id}
              autoFocus
              value={title.en}
              maxLength={120}
              onChange={(event) => setTitle({ ...title, en: event.target.value })}
            />
          )}
        </Line>
        <Line label={t("admin.label.zh")}>
          {(id) => (
            <Input
              id={id}
              lang="zh"
              value={title.zh}
              maxLength={120}
              onChange={(event) => setTitle({ ...title, zh: event.target.value })}
            />
          )}
        </Line>
      </form>
    </Panel>
  );
}
