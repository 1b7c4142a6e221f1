/** How long things are kept: a rule a line, each with what it would take away now. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Button, Empty, useToast } from "../ui";
import { Select } from "../ui/antd";
import { KINDS } from "./Audit";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

interface Rule {
  what: "history" | "audit" | "bin";
  days: number;
  object: string;
  kind: string;
}

interface Keeping {
  rules: Rule[];
  holds: string[];
  preview: (Rule & { rows: number; oldest: string | null })[];
}

const WHAT = ["history", "audit", "bin"] as const;
const CHANGES = ["create", "update", "delete", "restore"] as const;
const BEGIN: Rule = { what: "bin", days: 30, object: "*", kind: "*" };

export function Retention() {
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
  const all = { value: "*", label: t("admin.keep.all") };
  const kinds = (rule: Rule) => [
    all,
    ...(rule.what === "audit"
      ? KINDS.filter((kind) => kind !== "retention").map((kind) => ({
          value: kind,
          label: t(`admin.audit.kind.${kind}`),
        }))
      : CHANGES.map((kind) => ({ value: kind, label: t(`admin.keep.kind.${kind}`) }))),
  ];
  const save = async () => {
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
  return (
    <Section
      title={t("admin.keep")}
      lead={t("admin.keep.lead")}
      actions={
        <>
          <Button icon={<Plus />} onClick={() => change({ rules: [...now.rules, BEGIN] })}>
            {t("admin.keep.add")}
          </Button>
          <Button type="primary" disabled={draft === null} onClick={() => void save()}>
            {t("admin.keep.save")}
          </Button>
        </>
      }
    >
      <Answered of={found} empty={rows.length === 0 && <Empty title={t("admin.keep.none")} />}>
        <DataTable
          rows={rows}
          name={({ at }) => at}
          columns={[
            {
              head: t("admin.keep.what"),
              cell: ({ rule, at }) => (
                <Select
                  size="small"
                  className={styles.pick}
                  aria-label={t("admin.keep.what")}
                  value={rule.what}
                  onChange={(what) => set(at, { ...BEGIN, what, days: rule.days })}
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
                    className={styles.pick}
                    aria-label={t("admin.keep.object")}
                    value={rule.object}
                    onChange={(object) => set(at, { object })}
                    options={[all, ...objects]}
                  />
                ),
            },
            {
              head: t("admin.keep.kind"),
              cell: ({ rule, at }) =>
                rule.what !== "bin" && (
                  <Select
                    size="small"
                    className={styles.pick}
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
                  ? t("admin.keep.rows", { n: f.number(would.rows), at: f.date(would.oldest.slice(0, 10)) })
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
      <div className={styles.pad}>
        <h2 className={styles.group}>{t("admin.keep.holds")}</h2>
        <Select
          mode="multiple"
          className={styles.holds}
          aria-label={t("admin.keep.holds")}
          value={now.holds}
          onChange={(holds) => change({ holds })}
          options={objects}
        />
      </div>
    </Section>
  );
}
