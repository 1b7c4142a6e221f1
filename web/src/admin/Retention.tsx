/** How long things are kept: a rule a line, each with what it would take away now. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import { isTime } from "../records/list";
import type { Field } from "../schema/catalog";
import { type Filter, same } from "../schema/filter";
import { Button, Nothing, TextInput, useToast } from "../ui";
import { Modal, Select } from "../ui/antd";
import { KINDS } from "./Audit";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

interface Rule {
  what: (typeof WHAT)[number];
  days: number;
  object: string;
  kind: string;
  /** The date that is past, and which records are meant. */
  since?: string;
  filter?: Filter | null;
  /** What stays whatever the rule says. */
  protect?: Filter | null;
  cap?: number;
}

/** What a rule would do now; of records in use also which, whose, and what hangs on them. */
interface Forecast {
  rows: number;
  oldest: string | null;
  records?: { id: string; title: string | null }[];
  owners?: { id: string | null; title: string | null; count: number }[];
  below?: { object: string; count: number }[];
}

interface Keeping {
  rules: Rule[];
  holds: string[];
  preview: (Rule & Forecast)[];
}

const WHAT = ["to_archive", "to_bin", "archived", "bin", "history", "audit"] as const;
const CHANGES = ["create", "update", "delete", "restore", "archive", "unarchive"] as const;
const moves = (rule: Rule): boolean => rule.what === "to_archive" || rule.what === "to_bin";
const BEGIN: Rule = { what: "bin", days: 30, object: "*", kind: "*" };

export default function Retention() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const toast = useToast();
  const catalog = useCatalog();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Omit<Keeping, "preview"> | null>(null);
  const found = useQuery({
    queryKey: ["retention"],
    queryFn: ({ signal }) => api.get<Keeping>("/retention", undefined, signal),
  });
  const now = draft ?? found.data ?? { rules: [], holds: [] };
  const [asking, setAsking] = useState(false);
  const tried = useQuery({
    queryKey: ["retention", "preview", draft],
    queryFn: async () => (await api.put<Keeping>("/retention", { ...draft, dry_run: true })).data,
    enabled: draft !== null,
    retry: false,
  });
  useEffect(() => {
    if (tried.error) toast({ text: tried.error.message, tone: "danger" });
  }, [tried.error, toast]);
  const preview = (draft ? tried.data : found.data)?.preview ?? [];
  const change = (part: Partial<Omit<Keeping, "preview">>) => setDraft({ rules: now.rules, holds: now.holds, ...part });
  const set = (at: number, part: Partial<Rule>) =>
    change({ rules: now.rules.map((rule, i) => (i === at ? { ...rule, ...part } : rule)) });
  const objects = catalog.objects.map((object) => ({ value: object.name, label: label(object.plural, object.name) }));
  const movable = objects.filter(({ value }) => !["user", "team", "role", "pool"].includes(value));
  const all = (of: Rule, part: "object" | "kind") => ({
    value: "*",
    label: t(
      now.rules.some((one) => one.what === of.what && one[part] !== "*") ? "admin.keep.all" : "admin.keep.every",
    ),
  });
  const replace = (at: number, rule: Rule) => change({ rules: now.rules.map((old, i) => (i === at ? rule : old)) });
  const dates = (name: string) => catalog.object(name)?.fields.filter((field) => isTime(field) && !field.masked) ?? [];
  const sinceOf = (rule: Rule, object: string) => {
    if (!moves(rule)) return {};
    const names = dates(object).map((field) => field.name);
    return { since: names.find((name) => name === "last_contact_at") ?? "updated_at" };
  };
  const begun = (what: Rule["what"], days: number): Rule => {
    const rule: Rule = { ...BEGIN, what, days };
    const object = movable[0]?.value ?? "";
    return moves(rule) ? { ...rule, object, ...sinceOf(rule, object) } : rule;
  };
  const kinds = (rule: Rule) => [
    all(rule, "kind"),
    ...(rule.what === "audit"
      ? KINDS.filter((kind) => kind !== "retention").map((kind) => ({
          value: kind,
          label: t(`admin.audit.kind.${kind}`),
        }))
      : CHANGES.map((kind) => ({ value: kind, label: t(`admin.keep.kind.${kind}`) }))),
  ];
  const before = found.data?.rules ?? [];
  /** Rules by which something goes for good, new or other than before. */
  const grave = now.rules.filter((rule) => !moves(rule) && !before.some((old) => same(old, rule)));
  const save = async () => {
    setAsking(false);
    try {
      const kept = await api.put<Keeping>("/retention", { rules: now.rules, holds: now.holds });
      client.setQueryData(["retention"], kept.data);
      setDraft(null);
      toast({ text: t("admin.keep.saved") });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const rows = now.rules.map((rule, at) => ({ rule, at, would: preview[at] }));
  // A rule that is added to what has not arrived would put away those that are there.
  const begin = (
    <Button icon={<Plus />} disabled={!found.data} onClick={() => change({ rules: [...now.rules, BEGIN] })}>
      {t("admin.keep.add")}
    </Button>
  );
  return (
    <Section
      title={t("admin.keep")}
      lead={t("admin.keep.lead")}
      actions={
        <>
          {rows.length > 0 && begin}
          <Button
            type="primary"
            disabled={draft === null || tried.isError}
            onClick={() => (grave.length > 0 ? setAsking(true) : void save())}
          >
            {t("admin.keep.save")}
          </Button>
        </>
      }
    >
      <Answered of={found} empty={rows.length === 0 && <Nothing of="admin.keep.none" action={begin} />}>
        <DataTable
          rows={rows}
          stack
          name={({ at }) => at}
          under={({ rule, at, would }) =>
            rule.object !== "*" &&
            (moves(rule) || rule.what === "archived" || rule.what === "bin") && (
              <Which
                rule={rule}
                would={would}
                dates={dates(rule.object)}
                onChange={(part) => replace(at, { ...rule, ...part })}
              />
            )
          }
          columns={[
            {
              head: t("admin.keep.what"),
              cell: ({ rule, at }) => (
                <Select
                  size="small"
                  className={styles.chooser}
                  aria-label={t("admin.keep.what")}
                  value={rule.what}
                  onChange={(what: Rule["what"]) => replace(at, begun(what, rule.days))}
                  options={WHAT.map((what) => ({ value: what, label: t(`admin.keep.${what}`) }))}
                />
              ),
            },
            {
              head: t("admin.keep.object"),
              cell: ({ rule, at }) =>
                rule.what !== "audit" && (
                  <Select
                    size="small"
                    className={styles.chooser}
                    aria-label={t("admin.keep.object")}
                    value={rule.object}
                    onChange={(object: string) =>
                      replace(at, { ...begun(rule.what, rule.days), object, ...sinceOf(rule, object) })
                    }
                    options={moves(rule) ? movable : [all(rule, "object"), ...objects]}
                  />
                ),
            },
            {
              head: t("admin.keep.kind"),
              cell: ({ rule, at }) =>
                (rule.what === "history" || rule.what === "audit") && (
                  <Select
                    size="small"
                    className={styles.chooser}
                    aria-label={t("admin.keep.kind")}
                    value={rule.kind}
                    onChange={(kind) => set(at, { kind })}
                    options={kinds(rule)}
                  />
                ),
            },
            {
              head: t("admin.keep.days"),
              cell: ({ rule, at }) => (
                <span className={styles.limit}>
                  <input
                    type="number"
                    min={1}
                    aria-label={t("admin.keep.days")}
                    value={rule.days}
                    onChange={(event) => set(at, { days: Math.max(1, event.target.valueAsNumber || 1) })}
                  />
                </span>
              ),
            },
            {
              head: t("admin.keep.now"),
              soft: true,
              cell: ({ would }) =>
                would &&
                (would.rows && would.oldest
                  ? t("admin.keep.rows", { n: f.number(would.rows), at: f.date(would.oldest) })
                  : t("admin.keep.nothing")),
            },
            {
              head: t("admin.col.acts"),
              acts: true,
              cell: ({ at }) => (
                <Button size="small" onClick={() => change({ rules: now.rules.filter((_, i) => i !== at) })}>
                  {t("admin.keep.remove")}
                </Button>
              ),
            },
          ]}
        />
      </Answered>
      {asking && (
        <Confirm
          words={grave.map((rule) => t(`admin.keep.${rule.what}`))}
          onCancel={() => setAsking(false)}
          onSave={() => void save()}
        />
      )}
      {found.data && (
        <div className={styles.pad}>
          <h2 className={styles.group}>{t("admin.keep.holds")}</h2>
          <Select
            mode="multiple"
            className={styles.holds}
            aria-label={t("admin.keep.holds")}
            placeholder={t("fields.choose")}
            value={now.holds}
            onChange={(holds) => change({ holds })}
            options={objects}
          />
        </div>
      )}
    </Section>
  );
}

/** Which records a rule is about, what it spares, and what it would do now. */
function Which({
  rule,
  would,
  dates,
  onChange,
}: {
  rule: Rule;
  would: (Rule & Forecast) | undefined;
  dates: Field[];
  onChange: (part: Partial<Rule>) => void;
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const object = catalog.object(rule.object);
  const { many } = useNouns(object ?? { name: rule.object, label: { en: "" }, plural: { en: "" } });
  if (!object) return null;
  const plural = (name: string) => label(catalog.object(name)?.plural, name);
  return (
    <div className={styles.which}>
      {moves(rule) && (
        <>
          <div>
            <span>{t("admin.keep.since")}</span>
            <Select
              size="small"
              className={styles.chooser}
              aria-label={t("admin.keep.since")}
              value={rule.since}
              onChange={(since: string) => onChange({ since })}
              options={dates.map((field) => ({ value: field.name, label: label(field.label, field.name) }))}
            />
          </div>
          <div>
            <span>{t("admin.keep.filter")}</span>
            <Conditions
              object={object}
              filter={rule.filter ?? null}
              onChange={(filter) => onChange({ filter: filter ?? undefined })}
            />
          </div>
        </>
      )}
      <div>
        <span>{t("admin.keep.protect")}</span>
        <Conditions
          object={object}
          filter={rule.protect ?? null}
          onChange={(protect) => onChange({ protect: protect ?? undefined })}
        />
      </div>
      {would && (would.records?.length ?? 0) > 0 && (
        <p data-testid="forecast">
          {t("admin.keep.would", {
            n: would.rows,
            objects: many,
            some: (would.records ?? []).map((one) => one.title || "—").join(t("admin.keep.comma")),
            owners: (would.owners ?? [])
              .map((one) => `${one.title ?? t("admin.keep.nobody")} ${f.number(one.count)}`)
              .join(t("admin.keep.comma")),
          })}
          {(would.below?.length ?? 0) > 0 &&
            ` ${t("admin.keep.below", {
              what: (would.below ?? [])
                .map((one) => `${plural(one.object)} ${f.number(one.count)}`)
                .join(t("admin.keep.comma")),
            })}`}
        </p>
      )}
    </div>
  );
}

/** What goes for good is typed out before it does. */
function Confirm({ words, onCancel, onSave }: { words: string[]; onCancel: () => void; onSave: () => void }) {
  const t = useT();
  const [text, setText] = useState("");
  const word = t("admin.keep.confirm.word");
  return (
    <Modal
      open
      width={440}
      title={t("admin.keep.confirm")}
      okText={t("admin.keep.save")}
      cancelText={t("shell.cancel")}
      okButtonProps={{ danger: true, disabled: text.trim() !== word }}
      onOk={onSave}
      onCancel={onCancel}
    >
      <p>{t("admin.keep.confirm.text", { what: [...new Set(words)].join(t("admin.keep.comma")), word })}</p>
      <TextInput
        value={text}
        aria-label={t("admin.keep.confirm.type", { word })}
        onChange={(event) => setText(event.target.value)}
      />
    </Modal>
  );
}
