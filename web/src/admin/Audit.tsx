/** The audit: who looked, took out and permitted what; its proof; the heads of the days. */
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { searched, usePeople } from "../api/people";
import { useCatalog } from "../api/queries";
import { DateInput } from "../fields/DateEntry";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, Empty, useToast } from "../ui";
import { Select } from "../ui/antd";
import { DetailsLine, DetailsList, type Told } from "./AuditDetails";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable, Find, TabBar, When } from "./Table";

export const KINDS = [
  "sign_in",
  "sign_in_failed",
  "sign_out",
  "token_made",
  "token_used",
  "token_revoked",
  "reveal",
  "export",
  "import",
  "permission",
  "share",
  "hand_over",
  "catalog",
  "settings",
  "view_as",
  "report_run",
  "backup",
  "restore",
  "audit_read",
  "audit_export",
  "audit_verify",
  "retention",
  "flow",
] as const;

interface Entry extends Told {
  seq: number;
  at: string;
  kind: (typeof KINDS)[number];
  actor: { id: string; title: string | null } | null;
  record: { id: string; title: string | null } | null;
}

interface Problem {
  what: "changed" | "missing" | "inserted" | "block" | "chain" | "head";
  source: "audit" | "journal" | "";
  seq: number | null;
  object: string | null;
  at: string | null;
  block: number | null;
  day: string | null;
}

interface Verified {
  status: "never" | "queued" | "running" | "done";
  ok?: boolean;
  rows?: number;
  blocks?: number;
  problem_count?: number;
  problems?: Problem[];
}

interface Asked {
  kinds?: string;
  user?: string;
  q?: string;
  since?: string;
  until?: string;
}

const ALARMING = new Set(["sign_in_failed", "reveal", "export", "permission", "retention"]);

export default function Audit({ name }: { name: string | undefined }) {
  const t = useT();
  const tabs = [
    { name: "entries", text: t("admin.audit.entries"), to: { to: "/settings/$", params: { _splat: "audit" } } },
    { name: "heads", text: t("admin.audit.heads"), to: { to: "/settings/$", params: { _splat: "audit/heads" } } },
  ];
  const bar = <TabBar label={t("admin.audit")} tabs={tabs} at={name === "heads" ? "heads" : "entries"} />;
  return name === "heads" ? <Heads bar={bar} /> : <Entries bar={bar} />;
}

function Entries({ bar }: { bar: React.ReactNode }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const toast = useToast();
  const [asked, setAsked] = useState<Asked>({});
  const [open, setOpen] = useState<number | null>(null);
  const params = {
    ...asked,
    since: asked.since && new Date(`${asked.since}T00:00:00`).toISOString(),
    until: asked.until && new Date(`${asked.until}T24:00:00`).toISOString(),
  };
  const found = useInfiniteQuery({
    queryKey: ["audit", "entries", asked],
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: Entry[]; next: string | null }>("/audit", { ...params, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const [typed, setTyped] = useState("");
  const users = usePeople("user", typed, asked.user ? [asked.user] : []);
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const narrow = (part: Asked) => setAsked((before) => ({ ...before, ...part }));
  const save = async () => {
    try {
      const { kinds, ...rest } = params;
      await api.download(
        "/audit/export",
        { format: "csv", ...rest, ...(kinds ? { kinds: [kinds] } : {}) },
        "audit.csv",
      );
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  return (
    <Section
      title={t("admin.audit")}
      lead={t("admin.audit.lead")}
      bar={bar}
      actions={
        <>
          <Button icon={<Download />} onClick={() => void save()}>
            {t("admin.audit.export")}
          </Button>
          <Verify />
        </>
      }
    >
      <div className={styles.bar}>
        <Find label={t("admin.audit.find")} value={asked.q ?? ""} onChange={(q) => narrow({ q: q || undefined })} />
        <Select
          allowClear
          className={styles.chooser}
          aria-label={t("admin.audit.kinds")}
          placeholder={t("admin.audit.kinds.all")}
          value={asked.kinds}
          onChange={(kinds) => narrow({ kinds })}
          options={KINDS.map((kind) => ({ value: kind, label: t(`admin.audit.kind.${kind}`) }))}
        />
        <Select
          allowClear
          className={styles.chooser}
          showSearch={searched(setTyped, users)}
          aria-label={t("admin.audit.who")}
          placeholder={t("admin.audit.who.all")}
          value={asked.user}
          onChange={(user) => narrow({ user })}
          options={users.map((user) => ({ value: user.id, label: user.name }))}
        />
        {(["since", "until"] as const).map((side) => (
          <span key={side} className={styles.day}>
            <span aria-hidden>{t(`admin.audit.${side}`)}</span>
            <DateInput
              whole
              label={t(`admin.audit.${side}`)}
              hint={t("admin.audit.anyday")}
              value={asked[side] ?? null}
              onChange={(day) => narrow({ [side]: day ?? undefined })}
            />
          </span>
        ))}
      </div>
      <Answered of={found} empty={rows.length === 0 && <Empty title={t("admin.audit.none")} />}>
        <DataTable
          rows={rows}
          name={(entry) => entry.seq}
          entries
          chosen={(entry) => entry.seq === open}
          under={(entry) => entry.seq === open && <DetailsList entry={entry} />}
          columns={[
            { head: t("admin.audit.at"), cell: (entry) => <When at={entry.at} />, soft: true },
            {
              head: t("admin.audit.kinds"),
              cell: (entry) => (
                <button
                  type="button"
                  className={styles.linkButton}
                  aria-expanded={entry.seq === open}
                  aria-label={`${t(`admin.audit.kind.${entry.kind}` as Key)} #${entry.seq}`}
                  onClick={() => setOpen(entry.seq === open ? null : entry.seq)}
                >
                  <Badge tone={ALARMING.has(entry.kind) ? "warn" : "neutral"}>
                    {t(`admin.audit.kind.${entry.kind}` as Key)}
                  </Badge>
                </button>
              ),
            },
            {
              head: t("admin.audit.who"),
              tight: true,
              cell: (entry) => entry.actor?.title ?? (entry.actor ? entry.actor.id.slice(-8) : t("admin.audit.nobody")),
            },
            {
              head: t("admin.audit.on"),
              hide: "phone",
              line: true,
              cell: (entry) => {
                if (!entry.object) return null;
                const named = label(catalog.object(entry.object)?.label, entry.object);
                const text = [named, entry.record?.title].filter(Boolean).join(" · ");
                return (
                  <span className={`${styles.subject} ellipsis`} title={text}>
                    {text}
                  </span>
                );
              },
            },
            {
              head: t("admin.audit.more"),
              hide: "narrow",
              soft: true,
              line: true,
              cell: (entry) => <DetailsLine entry={entry} />,
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

/** As many of what does not fit are told. */
const SHOWN = 3;

function Verify() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["audit", "verify"],
    queryFn: ({ signal }) => api.get<Verified>("/audit/verify", undefined, signal),
    refetchInterval: ({ state }) => (["queued", "running"].includes(state.data?.status ?? "") ? 1000 : false),
  });
  const state = found.data;
  const busy = state?.status === "queued" || state?.status === "running";
  const begin = async () => {
    try {
      await api.post("/audit/verify", {});
      await client.invalidateQueries({ queryKey: ["audit", "verify"] });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const said = ({ what, source, seq, object, at, block, day }: Problem) =>
    t(`admin.audit.verify.what.${what}`, {
      source: source && t(`admin.audit.verify.source.${source}`),
      n: seq ?? block ?? "",
      on: object ? `${label(catalog.object(object)?.label, object)} · ` : "",
      at: at ? f.datetime(at) : "",
      day: day ?? "",
    });
  return (
    <>
      {state?.status === "done" && (
        <span role="status">
          <Badge tone={state.ok ? "ok" : "danger"}>
            {state.ok
              ? t("admin.audit.verify.ok", { rows: f.number(state.rows ?? 0), blocks: f.number(state.blocks ?? 0) })
              : t("admin.audit.verify.bad", {
                  n: state.problem_count ?? 0,
                  first: (state.problems ?? []).slice(0, SHOWN).map(said).join(t("record.comma")),
                })}
          </Badge>
        </span>
      )}
      <Button type="primary" icon={<ShieldCheck />} loading={busy} onClick={() => void begin()}>
        {t(busy ? "admin.audit.verify.running" : "admin.audit.verify")}
      </Button>
    </>
  );
}

interface Head {
  day: string;
  rows: number;
  chain: string;
}

function Heads({ bar }: { bar: React.ReactNode }) {
  const t = useT();
  const f = useFormat();
  const found = useQuery({
    queryKey: ["audit", "heads"],
    queryFn: ({ signal }) => api.get<{ data: Head[] }>("/audit/heads", undefined, signal),
  });
  const rows = found.data?.data ?? [];
  return (
    <Section title={t("admin.audit")} bar={bar} actions={<Verify />}>
      <p className={styles.lead}>{t("admin.audit.heads.lead")}</p>
      <Answered of={found} empty={rows.length === 0 && <Empty title={t("admin.audit.heads.none")} />}>
        <DataTable
          rows={rows}
          name={(head) => head.day}
          columns={[
            { head: t("admin.audit.day"), cell: (head) => head.day },
            { head: t("admin.audit.rows"), right: true, cell: (head) => f.number(head.rows) },
            { head: t("admin.audit.chain"), cell: (head) => <code className={styles.chain}>{head.chain}</code> },
          ]}
        />
      </Answered>
    </Section>
  );
}
