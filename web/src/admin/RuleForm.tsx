/** One rule: what it asks and does, tried on the records that there are. */
import { Trash2 } from "lucide-react";
import { useCatalog } from "../api/queries";
import { useTried } from "../api/tried";
import { twin } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import {
  type Field,
  HIDDEN,
  HOWS,
  type How,
  type ObjectDef,
  RULE_KINDS,
  type Rule,
  type RuleKind,
} from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Button, IconButton } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { FormulaEditor } from "./Computed";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import { DependsOn } from "./Depends";
import { bilingual, FormPanel, type LineOf, useForm } from "./Form";
import { Sayings } from "./Plan";
import { AddRow } from "./Rows";
import rows from "./Rules.module.css";
import type { Planned } from "./steps";
import { Toggle } from "./Table";

/** The formula that a value is worked out by; null for a plain one. */
export const formulaOf = (value: unknown): string | null =>
  value !== null && typeof value === "object" && "formula" in value ? String(value.formula) : null;

interface Draft {
  kind: RuleKind;
  en: string;
  zh: string;
  when: Filter | null;
  fields: string[];
  messageEn: string;
  messageZh: string;
  value: unknown;
  /** The choice that the options depend on; then they stand in a table, at the field. */
  by: string;
  pipeline: string;
  stages: string[];
  way: "enter" | "leave";
  match: { fields: string[]; how: How }[];
  act: "warn" | "block";
  hidden: (typeof HIDDEN)[number];
  active: boolean;
}

const HAS: Record<RuleKind, Set<keyof Draft>> = {
  validate: new Set(["fields", "messageEn"]),
  require: new Set(["fields", "messageEn"]),
  show: new Set(["fields"]),
  readonly: new Set(["fields", "messageEn"]),
  default: new Set(["fields", "value"]),
  gate: new Set(["messageEn", "pipeline", "stages", "way"]),
  duplicate: new Set(["messageEn", "match", "act", "hidden"]),
  options: new Set(["fields", "value", "by", "messageEn"]),
};

const draftOf = (rule: Rule | undefined): Draft => ({
  kind: rule?.kind ?? "validate",
  en: rule?.label.en ?? "",
  zh: rule?.label.zh ?? "",
  when: rule?.when ?? null,
  fields: rule?.fields ?? [],
  messageEn: rule?.message?.en ?? "",
  messageZh: rule?.message?.zh ?? "",
  value: rule?.value ?? null,
  by: rule?.by ?? "",
  pipeline: rule?.pipeline ?? "",
  stages: rule?.stages ?? [],
  way: rule?.way ?? "enter",
  match: rule?.match ?? [{ fields: [], how: "exact" }],
  act: rule?.act ?? "warn",
  hidden: rule?.hidden ?? "refuse",
  active: rule?.active ?? true,
});

/** The rule of a draft, as it is sent. */
function ruleOf(draft: Draft, name: string): Record<string, unknown> {
  const has = HAS[draft.kind];
  const label = labelOf(draft.en, draft.zh);
  const { kind, when, active } = draft;
  const message = labelOf(draft.messageEn, draft.messageZh);
  const parts: Partial<Record<keyof Draft, unknown>> = { ...draft };
  const kept = [...has].filter((key) => key !== "messageEn").map((key) => [key, parts[key]]);
  return {
    name,
    kind,
    label: Object.keys(label).length ? label : undefined,
    when,
    active,
    ...Object.fromEntries(kept),
    ...(has.has("messageEn") && Object.keys(message).length ? { message } : {}),
  };
}

/** A rule may hold a draft's parts of another kind; what is sent has its own only. */
const putOf = (object: ObjectDef, draft: Draft, name: string): CatalogChange => ({
  op: "put_rule",
  object: object.name,
  rule: ruleOf(draft, name),
});

interface FormProps {
  object: ObjectDef;
  rule: Rule | undefined;
  onClose: () => void;
  onDone: (name: string) => void;
}

const TEXTS = new Set(["text", "person", "email", "url", "phone", "autonumber"]);

export function RuleForm({ object, rule, onClose, onDone }: FormProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const form = useForm(draftOf(rule), [
    "label",
    "message",
    "when",
    "fields",
    "match",
    "stages",
    "pipeline",
    "value",
    "name",
  ]);
  const { draft } = form;
  const has = HAS[draft.kind];
  const taken = object.rules.map((one) => one.name);
  const name = rule?.name ?? freeName(nameFrom(draft.en) || `${draft.kind}_rule`, taken);
  const change = putOf(object, draft, name);
  const shown = label(labelOf(draft.en, draft.zh), name);
  const ready = isReady(draft) && (form.dirty || !rule);
  const pipelines = catalog.pipelinesOf(object);
  const stages = pipelines.filter((one) => !draft.pipeline || one.name === draft.pipeline).flatMap((one) => one.stages);
  const names = object.fields.filter((field) => !field.system && !field.of && field.type !== "autonumber");
  const choice = (field: Field) => ({ value: field.name, label: label(field.label, field.name) });
  const kinds = RULE_KINDS.filter((kind) => kind !== "gate" || pipelines.length > 0);
  const save = async () => {
    const back = rule ? putOf(object, draftOf(rule), name) : { op: "retire_rule", object: object.name, rule: name };
    await apply([change], t("admin.rule.saved", { name: shown }), [back]);
    if (!rule) onDone(name);
  };
  const retire = async () => {
    const back = [putOf(object, draftOf(rule), name)];
    const gone = { op: "retire_rule", object: object.name, rule: name };
    await apply([gone], t("admin.rule.retired", { name: shown }), back);
    onClose();
  };
  const begins = object.fields.find((field) => field.name === draft.fields[0]);
  const ValueEditor = begins ? twin(begins).Filter : null;
  const lines: (LineOf<Draft> | false)[] = [
    !rule && {
      name: "kind",
      label: t("admin.rule.kind"),
      options: kinds.map((kind) => ({ value: kind, label: t(`admin.rule.kind.${kind}`) })),
      help: t(`admin.rule.what.${draft.kind}`),
    },
    ...bilingual<"en" | "zh">(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], {
      faults: ["label", "name"],
      autoFocus: !rule,
    }).map((line) => line as LineOf<Draft>),
    {
      name: "when",
      label: t(`admin.rule.when.${draft.kind === "gate" ? "gate" : "any"}`),
      required: draft.kind === "validate" || draft.kind === "gate",
      help: draft.when || draft.kind === "validate" || draft.kind === "gate" ? undefined : t("admin.rule.always"),
      render: () => <Conditions object={object} filter={draft.when} onChange={(when) => form.set({ when })} />,
    },
    has.has("fields") &&
      (draft.kind === "default" || draft.kind === "options"
        ? {
            name: "fields",
            label: t("admin.rule.field"),
            required: true,
            render: (id) => (
              <Select
                id={id}
                className={styles.wide}
                showSearch={{ optionFilterProp: "label" }}
                value={draft.fields[0]}
                options={names.filter((f) => draft.kind === "default" || f.options.length > 0).map(choice)}
                disabled={draft.by !== ""}
                onChange={(one: string) => form.set({ fields: [one], value: null })}
              />
            ),
          }
        : {
            name: "fields",
            label: t(draft.kind === "validate" ? "admin.rule.at" : "admin.rule.fields"),
            required: draft.kind !== "validate",
            many: true,
            options: names.map(choice),
          }),
    draft.by !== "" &&
      begins !== undefined && {
        name: "value",
        label: t("admin.depends.on"),
        render: () => <DependsOn object={object} field={begins} />,
      },
    draft.kind === "options" &&
      draft.by === "" &&
      begins !== undefined && {
        name: "value",
        label: t("admin.rule.options"),
        required: true,
        many: true,
        options: begins.options.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
      },
    draft.kind === "default" &&
      begins !== undefined && {
        name: "value",
        label: t("admin.rule.value"),
        required: true,
        help: (
          <button
            type="button"
            className={rows.turn}
            onClick={() => form.set({ value: formulaOf(draft.value) === null ? { formula: "" } : null })}
          >
            {t(formulaOf(draft.value) === null ? "admin.rule.value.formula" : "admin.rule.value.plain")}
          </button>
        ),
        render: (id) =>
          formulaOf(draft.value) !== null ? (
            <FormulaEditor
              id={id}
              object={object}
              value={formulaOf(draft.value) ?? ""}
              onChange={(formula) => form.set({ value: { formula } })}
            />
          ) : (
            ValueEditor && (
              <ValueEditor
                key={begins.name}
                field={begins}
                op="eq"
                value={draft.value}
                onChange={(value) => form.set({ value })}
              />
            )
          ),
      },
    has.has("pipeline") &&
      pipelines.length > 1 && {
        name: "pipeline",
        label: t("admin.rule.pipeline"),
        options: [
          { value: "", label: t("admin.rule.pipeline.any") },
          ...pipelines.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
        ],
      },
    has.has("way") && {
      name: "way",
      label: t("admin.rule.way"),
      options: (["enter", "leave"] as const).map((way) => ({ value: way, label: t(`admin.rule.way.${way}`) })),
    },
    has.has("stages") && {
      name: "stages",
      label: t("admin.rule.stages"),
      required: true,
      many: true,
      options: [...new Map(stages.map((one) => [one.name, one])).values()].map((one) => ({
        value: one.name,
        label: label(one.label, one.name),
      })),
    },
    has.has("match") && {
      name: "match",
      label: t("admin.rule.match"),
      required: true,
      render: () => (
        <Matches
          match={draft.match}
          fields={names.filter((field) => TEXTS.has(field.type) || field.operators.includes("eq")).map(choice)}
          onChange={(match) => form.set({ match })}
        />
      ),
    },
    has.has("act") && {
      name: "act",
      label: t("admin.rule.act"),
      options: (["warn", "block"] as const).map((act) => ({ value: act, label: t(`admin.rule.act.${act}`) })),
    },
    has.has("hidden") && {
      name: "hidden",
      label: t("admin.rule.hidden"),
      options: HIDDEN.filter((one) => draft.act === "block" || one !== "ignore").map((one) => ({
        value: one,
        label: t(draft.act === "warn" && one === "refuse" ? "admin.rule.hidden.nothing" : `admin.rule.hidden.${one}`),
      })),
    },
    ...(has.has("messageEn")
      ? bilingual<"messageEn" | "messageZh">(
          ["messageEn", "messageZh"],
          [t("admin.rule.message.en"), t("admin.rule.message.zh")],
          { kind: "area", max: 500, faults: ["message"] },
        ).map(
          (line, at) =>
            ({ ...line, required: at === 0 && (draft.kind === "validate" || draft.kind === "gate") }) as LineOf<Draft>,
        )
      : []),
    {
      name: "active",
      label: "",
      render: (id) => (
        <Toggle
          id={id}
          label={t("admin.rule.active")}
          help={t("admin.rule.active.help")}
          checked={draft.active}
          onChange={(active) => form.set({ active })}
        />
      ),
    },
  ];
  return (
    <FormPanel
      form={form}
      title={rule ? label(rule.label, rule.name) : t("admin.rule.new")}
      extra={rule && <code className={styles.mono}>{rule.name}</code>}
      onClose={onClose}
      submit={t(rule ? (form.dirty ? "admin.apply" : "admin.unchanged") : "admin.rule.add")}
      ready={ready}
      onSubmit={save}
      says={(ready || rule) && <Meaning object={object} change={change} draft={draft} />}
      acts={
        rule?.custom && (
          <Button danger disabled={form.busy} onClick={() => void form.run(retire)}>
            {t("admin.rule.retire")}
          </Button>
        )
      }
      before={rule && <p className={styles.help}>{t(`admin.rule.what.${draft.kind}`)}</p>}
      lines={lines}
    />
  );
}

function isReady(draft: Draft): boolean {
  const said = Boolean(draft.messageEn.trim() || draft.messageZh.trim());
  if (!draft.en.trim() && !draft.zh.trim()) return false;
  switch (draft.kind) {
    case "validate":
      return said && draft.when !== null;
    case "gate":
      return said && draft.when !== null && draft.stages.length > 0;
    case "default":
      return (
        draft.fields.length > 0 &&
        draft.value !== null &&
        draft.value !== undefined &&
        draft.value !== "" &&
        formulaOf(draft.value) !== ""
      );
    case "options":
      return draft.fields.length > 0 && (draft.by !== "" || (Array.isArray(draft.value) && draft.value.length > 0));
    case "duplicate":
      return draft.match.length > 0 && draft.match.every((part) => part.fields.length > 0);
    default:
      return draft.fields.length > 0;
  }
}

interface MatchesProps {
  match: Draft["match"];
  fields: { value: string; label: string }[];
  onChange: (match: Draft["match"]) => void;
}

/** What two records must have in common: all of the lines, each a value in any of its fields. */
function Matches({ match, fields, onChange }: MatchesProps) {
  const t = useT();
  const set = (at: number, part: Partial<Draft["match"][number]>) =>
    onChange(match.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <div className={rows.matches}>
      {match.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a part has no identity but its place
        <div key={at} className={rows.match}>
          <Select
            mode="multiple"
            showSearch={{ optionFilterProp: "label" }}
            aria-label={t("admin.rule.match.fields", { n: at + 1 })}
            placeholder={t("admin.rule.match.any")}
            value={part.fields}
            options={fields}
            onChange={(names: string[]) => set(at, { fields: names })}
          />
          <Select
            aria-label={t("admin.rule.match.how", { n: at + 1 })}
            value={part.how}
            options={HOWS.map((how) => ({ value: how, label: t(`admin.rule.how.${how}`) }))}
            onChange={(how: How) => set(at, { how })}
          />
          <IconButton
            small
            icon={<Trash2 />}
            label={t("admin.rule.match.remove", { n: at + 1 })}
            disabled={match.length < 2}
            onClick={() => onChange(match.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      <AddRow onClick={() => onChange([...match, { fields: [], how: "exact" }])}>{t("admin.rule.match.add")}</AddRow>
    </div>
  );
}

interface Means extends Planned {
  applies?: number | null;
  breaks?: number | null;
}

/** What the rule would mean for the records that there are. */
function Meaning({ object, change, draft }: { object: ObjectDef; change: CatalogChange; draft: Draft }) {
  const t = useT();
  const f = useFormat();
  const { look } = useCatalogChanges();
  const { data, error } = useTried(["rule-means", object.name, JSON.stringify(change)], () => look([change]));
  const found = data?.plan.find((step) => step.step.startsWith("rule ")) as Means | undefined;
  const later = data?.plan.some((step) => step.step.startsWith("index "));
  const { rows: all, applies, breaks } = found ?? {};
  const count = (n: number | null | undefined): n is number => typeof n === "number";
  return (
    <Sayings
      title={t("admin.rule.means")}
      lines={[
        ...(error ? [{ key: "error", text: error.message, tone: "warn" as const }] : []),
        ...(!error && !data ? [{ key: "looking", text: t("admin.plan.looking"), tone: "later" as const }] : []),
        ...(data && !draft.active ? [{ key: "off", text: t("admin.rule.means.off") }] : []),
        ...(count(all) && count(applies) && draft.kind !== "validate"
          ? [{ key: "applies", text: t("admin.rule.means.applies", { n: applies, all: f.number(all) }) }]
          : []),
        ...(count(all) && count(breaks)
          ? [
              breaks > 0
                ? {
                    key: "breaks",
                    text: t(draft.kind === "duplicate" ? "admin.rule.means.twins" : "admin.rule.means.breaks", {
                      n: breaks,
                      all: f.number(all),
                    }),
                    tone: "warn" as const,
                  }
                : { key: "breaks", text: t("admin.rule.means.kept", { all: f.number(all) }) },
            ]
          : []),
        ...(found && !count(applies) && !count(breaks) ? [{ key: "new", text: t("admin.rule.means.from") }] : []),
        ...(later ? [{ key: "index", text: t("admin.rule.means.index"), tone: "later" as const }] : []),
      ]}
    />
  );
}
