/** Pipelines: the stages that a deal goes through, how likely each is, and what must be known in it. */
import { Link } from "@tanstack/react-router";
import { Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useAggregate, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT, useTongues } from "../i18n";
import { type Label, type ObjectDef, type Pipeline, type Stage, visibleFields } from "../schema/catalog";
import { both } from "../schema/filter";
import { Button, cx, Empty, IconButton, TextInput, usePhone } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import { bilingual, FormPanel, Lines, SaveBar, useForm } from "./Form";
import pipe from "./Pipelines.module.css";
import { PlanPreview } from "./Plan";
import { AddRow, ColorPick, Rows } from "./Rows";
import { Banner, Section } from "./Section";
import { TabBar } from "./Table";

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

const KINDS = ["open", "on_hold", "won", "lost"] as const;
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

export default function Pipelines({ name }: { name: string | undefined }) {
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
      key={pipeline.name}
      pipeline={pipeline}
      object={object}
      tabs={
        <TabBar
          label={t("admin.pipelines")}
          at={pipeline.name}
          onPick={setChosen}
          tabs={catalog.pipelines.map((one) => ({
            name: one.name,
            text: label(one.label, one.name),
            small: label(catalog.object(one.object)?.plural),
          }))}
        />
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

/** How many records stand in each stage of a pipeline, and which these are. */
function useStanding(object: ObjectDef, pipeline: Pipeline) {
  const stage = object.fields.find((field) => field.type === "stage");
  const chooser = object.fields.find((field) => field.type === "pipeline");
  const filter = chooser ? ({ field: chooser.name, op: "eq", value: pipeline.name } as const) : null;
  const { data } = useAggregate(
    object.name,
    {
      filter,
      group: stage ? [stage.name] : [],
      measures: [{ fn: "count", as: "n" }],
    },
    stage !== undefined,
  );
  if (!data || !stage) return null;
  return {
    counts: Object.fromEntries(data.map((row) => [String(row.group[stage.name]), row.values.n ?? 0])),
    in: (name: string) => both(filter, { field: stage.name, op: "eq", value: name }),
  };
}

interface EditorProps {
  pipeline: Pipeline;
  object: ObjectDef;
  tabs: ReactNode;
  onNew: () => void;
  panel: ReactNode;
}

function PipelineEditor({ pipeline, object, tabs, onNew, panel }: EditorProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const phone = usePhone();
  const tongues = useTongues();
  const { apply } = useCatalogChanges();
  const form = useForm({ en: pipeline.label.en ?? "", zh: pipeline.label.zh ?? "", stages: rowsOf(pipeline) }, [
    "label",
  ]);
  const { draft } = form;
  const rows = draft.stages;
  const setRows = (stages: Row[]) => form.set({ stages });
  const [next, setNext] = useState(1);
  const standing = useStanding(object, pipeline);
  const fields = visibleFields(object).filter((field) => !field.system && !field.readonly && field.type !== "stage");
  const change = (name: Label, stages: Row[]): CatalogChange => ({
    op: "change_pipeline",
    name: pipeline.name,
    object: pipeline.object,
    label: name,
    stages: stagesOf(stages),
  });
  const set = (key: string, part: Partial<Row>) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const shown = (row: Row) => label(labelOf(row.en, row.zh), row.name ?? t("admin.stage"));
  const fewer = pipeline.stages.some((stage) => rows.every((row) => row.name !== stage.name));
  const add = () => {
    const key = `new ${next}`;
    const fresh: Row = { key, name: null, en: "", zh: "", kind: "open", probability: 50, color: "", required: [] };
    const end = rows.findIndex((row) => row.kind !== "open");
    setRows(end < 0 ? [...rows, fresh] : [...rows.slice(0, end), fresh, ...rows.slice(end)]);
    setNext(next + 1);
  };
  const save = () => {
    const title = labelOf(draft.en, draft.zh);
    const back = change(labelOf(pipeline.label.en ?? "", pipeline.label.zh ?? ""), rowsOf(pipeline));
    return apply([change(title, rows)], t("admin.pipeline.saved", { name: label(title) }), [back]);
  };
  const named = (row: Row, tongue: "en" | "zh", fresh = false) => (
    <TextInput
      className={styles.bare}
      lang={tongue}
      value={row[tongue]}
      autoFocus={fresh}
      placeholder={t(`admin.stage.${tongue}`)}
      aria-label={`${t(`admin.stage.${tongue}`)} · ${shown(row)}`}
      onChange={(event) => set(row.key, { [tongue]: event.target.value })}
    />
  );
  return (
    <Section
      title={t("admin.pipelines")}
      bar={tabs}
      actions={
        <Button type={form.dirty ? "default" : "primary"} icon={<Plus />} onClick={onNew}>
          {t("admin.pipeline.new")}
        </Button>
      }
      panel={panel || undefined}
      padded
      foot={<SaveBar form={form} note={t("admin.pipeline.dirty")} onSave={save} />}
    >
      <div className={pipe.title}>
        <Lines
          form={form}
          lines={bilingual(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], { faults: ["label"] })}
        />
      </div>
      <Banner messages={form.faults.others} />
      {!phone && (
        <div className={cx(pipe.stage, pipe.headRow)} aria-hidden="true">
          {tongues.map((one) => (
            <span key={one}>{t(`admin.stage.${one}`)}</span>
          ))}
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
          const n = row.name === null ? 0 : (standing?.counts[row.name] ?? 0);
          return (
            <div className={pipe.stage}>
              <span className={pipe.named}>
                <ColorPick color={row.color} name={shown(row)} onChange={(color) => set(row.key, { color })} />
                {named(row, tongues[0], row.name === null)}
              </span>
              {named(row, tongues[1])}
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
                disabled={SURE[row.kind] !== undefined}
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
                placeholder={
                  phone
                    ? `${t("admin.stage.required")}: ${t("admin.stage.required.none")}`
                    : t("admin.stage.required.none")
                }
                aria-label={`${t("admin.stage.required")} · ${shown(row)}`}
                onChange={(required: string[]) => set(row.key, { required })}
                options={fields.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
              />
              <span className={cx(styles.right, "num", styles.second)}>
                {standing && row.name && n > 0 ? (
                  <Link
                    to="/o/$object"
                    params={{ object: object.name }}
                    search={{ view: "all", filter: standing.in(row.name) }}
                    className={styles.linkButton}
                    aria-label={`${shown(row)} · ${f.number(n)}`}
                  >
                    {f.number(n)}
                  </Link>
                ) : (
                  standing && f.number(n)
                )}
              </span>
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
      <AddRow onClick={add}>{t("admin.stage.add")}</AddRow>
      {fewer && <PlanPreview changes={[change(labelOf(draft.en, draft.zh), rows)]} />}
    </Section>
  );
}

interface NewProps {
  like: Pipeline;
  onClose: () => void;
  onDone: (name: string) => void;
}

function NewPipeline({ like, onClose, onDone }: NewProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const form = useForm({ en: "", zh: "" }, ["label", "name"]);
  const title = labelOf(form.draft.en, form.draft.zh);
  const save = async () => {
    const name = freeName(
      nameFrom(form.draft.en) || "pipeline",
      catalog.pipelines.map((one) => one.name),
    );
    await apply(
      [{ op: "add_pipeline", name, object: like.object, label: title, stages: stagesOf(rowsOf(like)) }],
      t("admin.pipeline.added", { name: label(title) }),
    );
    onDone(name);
  };
  return (
    <FormPanel
      form={form}
      title={t("admin.pipeline.new")}
      onClose={onClose}
      submit={t("admin.pipeline.add")}
      ready={Object.keys(title).length > 0}
      onSubmit={save}
      before={<p className={styles.help}>{t("admin.pipeline.like", { name: label(like.label, like.name) })}</p>}
      lines={bilingual(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], {
        faults: ["label", "name"],
        autoFocus: true,
      })}
    />
  );
}
