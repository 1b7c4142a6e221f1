/** Webhooks: who is told of changes, and what became of every message. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, RotateCw, Send, Webhook as WebhookIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import type { Filter } from "../schema/filter";
import { Badge, Button, Empty, ErrorState, SkeletonRows, type Tone, usePhone, useToast } from "../ui";
import styles from "./admin.module.css";
import { FormPanel, SecretPanel, useForm } from "./Form";
import { Banner, Panel, Section } from "./Section";
import { Answered, DataTable, TabBar, Toggle, When } from "./Table";

interface Webhook {
  id: string;
  name: string;
  url: string;
  owner: { id: string; title: string | null };
  objects: string[];
  kinds: string[];
  fields: string[];
  filter: Filter | null;
  thin: boolean;
  headers: Record<string, string>;
  active: boolean;
  off: { reason: "gone" | "failing" | "owner_gone"; at: string } | null;
  failures: number;
  failing_since: string | null;
  last_ok: string | null;
  old_secret_until: string | null;
  counts: { waiting: number; failed: number; done_7d: number };
  edit: number;
}

interface Message {
  id: string;
  event: string;
  object: string | null;
  record: { id: string; title: string | null } | null;
  sequence: number | null;
  state: "waiting" | "done" | "failed";
  tries: number;
  due_at: string;
  created_at: string;
  status: number | null;
  ms: number | null;
  error: string | null;
}

interface Delivery extends Message {
  payload: unknown;
  log: {
    attempt: number;
    at: string;
    ms: number;
    status: number | null;
    headers: Record<string, string>;
    answer: string | null;
    error: string | null;
  }[];
}

const KEY = ["webhooks"] as const;
const KINDS = ["created", "changed", "removed"] as const;
const STATES = ["all", "waiting", "failed", "done"] as const;
const TONES: Record<Message["state"], Tone> = { waiting: "info", done: "ok", failed: "danger" };

export function Webhooks({ name }: { name: string | undefined }) {
  return name ? <One id={name} /> : <All />;
}

function useAct() {
  const toast = useToast();
  const client = useQueryClient();
  return async (act: () => Promise<unknown>, done?: string): Promise<boolean> => {
    try {
      await act();
      if (done) toast({ text: done });
      return true;
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: KEY });
    }
  };
}

function State({ hook }: { hook: Webhook }) {
  const t = useT();
  if (hook.off) return <Badge tone="danger">{t(`admin.hook.off.${hook.off.reason}`)}</Badge>;
  if (!hook.active) return <Badge>{t("admin.hook.state.off")}</Badge>;
  if (hook.failing_since) return <Badge tone="warn">{t("admin.hook.state.failing")}</Badge>;
  return <Badge tone="ok">{t("admin.hook.state.on")}</Badge>;
}

function All() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const found = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get<{ data: Webhook[] }>("/webhooks", undefined, signal),
  });
  const hooks = found.data?.data ?? [];
  const open = (id: string) => void navigate({ to: "/settings/$", params: { _splat: `webhooks/${id}` } });
  return (
    <Section
      title={t("admin.hooks")}
      lead={t("admin.hooks.lead")}
      actions={
        <Button type="primary" icon={<Plus />} onClick={() => setMaking(true)}>
          {t("admin.hook.new")}
        </Button>
      }
      panel={
        making ? (
          <Shape
            onClose={() => {
              setMaking(false);
              void client.invalidateQueries({ queryKey: KEY });
            }}
          />
        ) : undefined
      }
    >
      <Answered
        of={found}
        empty={hooks.length === 0 && <Empty title={t("admin.hooks.none")} text={t("admin.hooks.none.text")} />}
      >
        <DataTable
          rows={hooks}
          name={(hook) => hook.id}
          onOpen={(hook) => open(hook.id)}
          off={(hook) => !hook.active}
          columns={[
            {
              head: t("admin.hook.name"),
              cell: (hook) => (
                <button type="button" className={styles.name} onClick={() => open(hook.id)}>
                  <WebhookIcon />
                  {hook.name}
                </button>
              ),
            },
            {
              head: t("admin.hook.url"),
              hide: "narrow",
              soft: true,
              cell: (hook) => <span className={styles.mono}>{hook.url}</span>,
            },
            {
              head: t("admin.hook.objects"),
              hide: "phone",
              cell: (hook) =>
                hook.objects.length === 0
                  ? t("admin.hook.objects.all")
                  : hook.objects
                      .map((one) => label(catalog.object(one)?.plural, one))
                      .slice(0, 3)
                      .join(t("record.comma")) + (hook.objects.length > 3 ? "…" : ""),
            },
            { head: t("admin.hook.state"), cell: (hook) => <State hook={hook} /> },
            {
              head: t("admin.hook.counts"),
              right: true,
              hide: "phone",
              cell: (hook) =>
                t("admin.hook.counts.of", {
                  done: f.number(hook.counts.done_7d),
                  waiting: f.number(hook.counts.waiting),
                  failed: f.number(hook.counts.failed),
                }),
            },
            {
              head: t("admin.hook.last"),
              soft: true,
              hide: "phone",
              cell: (hook) => hook.last_ok && <When at={hook.last_ok} />,
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

const lines = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

const headersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const at = line.indexOf(":");
        return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );

function Shape({ hook, onClose }: { hook?: Webhook; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const act = useAct();
  const navigate = useNavigate();
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm({
    name: hook?.name ?? "",
    url: hook?.url ?? "https://",
    objects: hook?.objects ?? [],
    kinds: hook?.kinds ?? [...KINDS],
    fields: hook?.fields ?? [],
    filter: hook?.filter ?? null,
    thin: hook?.thin ?? false,
    headers: lines(hook?.headers ?? {}),
    active: hook?.active ?? true,
  });
  const { draft } = form;
  const single = draft.objects.length === 1 ? catalog.object(draft.objects[0] ?? "") : undefined;
  const save = async () => {
    const body = {
      ...draft,
      name: draft.name.trim(),
      url: draft.url.trim(),
      headers: headersOf(draft.headers),
      fields: single ? draft.fields : [],
      filter: single ? draft.filter : null,
    };
    if (hook) {
      await api.patch(`/webhooks/${hook.id}`, body, hook.edit);
      await act(async () => undefined, t("admin.hook.saved", { name: body.name }));
      onClose();
    } else {
      const { data } = await api.post<{ secret: string }>("/webhooks", body);
      setSecret(data.secret);
    }
  };
  if (secret)
    return (
      <SecretPanel
        title={draft.name}
        text={t("admin.hook.once")}
        secret={secret}
        close={t("admin.token.kept")}
        onClose={onClose}
      >
        <p className={styles.help}>{t("admin.hook.verify")}</p>
      </SecretPanel>
    );
  return (
    <FormPanel
      form={form}
      title={hook ? t("admin.hook.edit") : t("admin.hook.new")}
      onClose={onClose}
      submit={hook ? t("admin.hook.save") : t("admin.hook.make")}
      ready={Boolean(draft.name.trim()) && draft.url.length > 8 && draft.kinds.length > 0}
      onSubmit={save}
      acts={
        hook && (
          <>
            <Button
              onClick={() =>
                void act(async () =>
                  setSecret((await api.post<{ secret: string }>(`/webhooks/${hook.id}/rotate`, {})).data.secret),
                )
              }
            >
              {t("admin.hook.rotate")}
            </Button>
            <Button
              danger
              onClick={() =>
                void act(() => api.del(`/webhooks/${hook.id}`), t("admin.hook.removed", { name: hook.name })).then(
                  (done) => {
                    if (done) void navigate({ to: "/settings/$", params: { _splat: "webhooks" } });
                  },
                )
              }
            >
              {t("admin.hook.remove")}
            </Button>
          </>
        )
      }
      lines={[
        { name: "name", label: t("admin.hook.name"), required: true, autoFocus: !hook, max: 100 },
        {
          name: "url",
          label: t("admin.hook.url"),
          required: true,
          help: t("admin.hook.url.help"),
          kind: "code",
          max: 2000,
        },
        {
          name: "objects",
          label: t("admin.hook.objects"),
          many: true,
          placeholder: t("admin.hook.objects.all"),
          options: catalog.objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) })),
        },
        {
          name: "kinds",
          label: t("admin.hook.kinds"),
          required: true,
          many: true,
          options: KINDS.map((kind) => ({ value: kind, label: t(`admin.hook.kind.${kind}`) })),
        },
        single && {
          name: "fields",
          label: t("admin.hook.fields"),
          help: t("admin.hook.fields.help"),
          many: true,
          placeholder: t("admin.hook.fields.any"),
          options: single.fields.map((field) => ({ value: field.name, label: label(field.label, field.name) })),
        },
        single && {
          name: "filter",
          label: t("admin.hook.filter"),
          render: () => (
            <Conditions object={single} filter={draft.filter} onChange={(filter) => form.set({ filter })} />
          ),
        },
        {
          name: "headers",
          label: t("admin.hook.headers"),
          kind: "area",
          help: t("admin.hook.headers.help"),
          placeholder: "Authorization: Bearer {secret.partner}",
          max: 4000,
        },
        {
          name: "thin",
          label: t("admin.hook.more"),
          render: () => (
            <>
              <Toggle
                label={t("admin.hook.thin")}
                help={t("admin.hook.thin.help")}
                checked={draft.thin}
                onChange={(thin) => form.set({ thin })}
              />
              {hook && (
                <Toggle
                  label={t("admin.hook.active")}
                  checked={draft.active}
                  onChange={(active) => form.set({ active })}
                />
              )}
            </>
          ),
        },
      ]}
    />
  );
}

function One({ id }: { id: string }) {
  const t = useT();
  const phone = usePhone();
  const f = useFormat();
  const act = useAct();
  const [state, setState] = useState<(typeof STATES)[number]>("all");
  const [side, setSide] = useState<"edit" | "replay" | string | null>(null);
  const hook = useQuery({
    queryKey: [...KEY, id],
    queryFn: ({ signal }) => api.get<Webhook>(`/webhooks/${id}`, undefined, signal),
    retry: false,
  });
  const found = useInfiniteQuery({
    queryKey: [...KEY, id, "deliveries", state],
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: Message[]; next: string | null }>(
        `/webhooks/${id}/deliveries`,
        { state: state === "all" ? undefined : state, cursor: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 5000,
  });
  if (hook.isError) return <ErrorState error={hook.error} />;
  const one = hook.data;
  if (!one) return <SkeletonRows />;
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const close = () => setSide(null);
  const acts = (
    <>
      <Button
        icon={<Send />}
        onClick={() => void act(() => api.post(`/webhooks/${id}/test`, {}), t("admin.hook.tried"))}
      >
        {t("admin.hook.test")}
      </Button>
      <Button icon={<RotateCw />} onClick={() => setSide("replay")}>
        {t("admin.hook.replay")}
      </Button>
      <Button onClick={() => setSide("edit")}>{t("admin.hook.edit")}</Button>
    </>
  );
  const panel =
    side === "edit" ? (
      <Shape hook={one} onClose={close} />
    ) : side === "replay" ? (
      <Replay hook={one} onClose={close} />
    ) : side ? (
      <OneMessage hook={one} id={side} onClose={close} />
    ) : undefined;
  return (
    <Section
      title={one.name}
      lead={
        <>
          <span className={styles.mono}>{one.url}</span> · {t("admin.hook.owner", { name: one.owner.title ?? "—" })}
        </>
      }
      actions={
        <>
          <State hook={one} />
          {!phone && acts}
        </>
      }
      bar={
        <TabBar
          label={t("admin.hook.deliveries")}
          at={state}
          onPick={(name) => setState(name as (typeof STATES)[number])}
          tabs={STATES.map((name) => ({
            name,
            text: t(`admin.hook.tab.${name}`),
            small: name === "waiting" || name === "failed" ? f.number(one.counts[name]) : undefined,
          }))}
        />
      }
      panel={panel}
    >
      {phone && <div className={styles.bar}>{acts}</div>}
      {one.off && (
        <div className={styles.pad}>
          <Banner messages={[t(`admin.hook.why.${one.off.reason}`, { at: f.datetime(one.off.at) })]} />
        </div>
      )}
      <Answered of={found} empty={rows.length === 0 && <Empty title={t("admin.hook.deliveries.none")} />}>
        <DataTable
          rows={rows}
          name={(message) => message.id}
          chosen={(message) => message.id === side}
          onOpen={(message) => setSide(message.id)}
          columns={[
            {
              head: t("admin.hook.event"),
              cell: (message) => (
                <button type="button" className={styles.linkButton} onClick={() => setSide(message.id)}>
                  <span className={styles.mono}>{message.event}</span>
                </button>
              ),
            },
            {
              head: t("admin.hook.record"),
              hide: "narrow",
              cell: (message) => message.record?.title,
            },
            {
              head: t("admin.hook.state"),
              cell: (message) => (
                <Badge tone={message.state === "waiting" && message.tries > 0 ? "warn" : TONES[message.state]}>
                  {t(`admin.hook.tab.${message.state}`)}
                </Badge>
              ),
            },
            {
              head: t("admin.hook.answer"),
              cell: (message) => message.status ?? message.error,
              soft: true,
              hide: "phone",
            },
            { head: t("admin.hook.tries"), cell: (message) => f.number(message.tries), right: true, hide: "phone" },
            {
              head: t("admin.hook.ms"),
              cell: (message) => message.ms !== null && `${f.number(message.ms)} ms`,
              right: true,
              hide: "narrow",
              soft: true,
            },
            { head: t("admin.hook.at"), cell: (message) => <When at={message.created_at} />, soft: true },
          ]}
        />
      </Answered>
    </Section>
  );
}

function OneMessage({ hook, id, onClose }: { hook: Webhook; id: string; onClose: () => void }) {
  const t = useT();
  const f = useFormat();
  const act = useAct();
  const found = useQuery({
    queryKey: [...KEY, hook.id, "delivery", id],
    queryFn: ({ signal }) => api.get<Delivery>(`/webhooks/${hook.id}/deliveries/${id}`, undefined, signal),
  });
  const again = () =>
    act(() => api.post(`/webhooks/${hook.id}/replay`, { messages: [id] }), t("admin.hook.again.done"));
  const message = found.data;
  return (
    <Panel
      title={message?.event ?? "…"}
      onClose={onClose}
      foot={
        <Button className={styles.grow} icon={<RotateCw />} onClick={() => void again()}>
          {t("admin.hook.again")}
        </Button>
      }
    >
      {message && (
        <div className={styles.form}>
          {message.state === "waiting" && <p>{t("admin.hook.next", { at: f.datetime(message.due_at) })}</p>}
          <h3 className={styles.group}>{t("admin.hook.log")}</h3>
          {message.log.length === 0 && <p className={styles.soft}>{t("admin.hook.log.none")}</p>}
          {message.log.map((attempt) => (
            <Fold
              key={attempt.attempt}
              head={
                <>
                  <Badge tone={attempt.status && attempt.status < 300 ? "ok" : "danger"}>
                    {attempt.status ?? t("admin.hook.unreached")}
                  </Badge>{" "}
                  {f.datetime(attempt.at)} · {f.number(attempt.ms)} ms
                </>
              }
            >
              {attempt.error && <p>{attempt.error}</p>}
              <pre className={styles.details}>{lines(attempt.headers)}</pre>
              {attempt.answer && <pre className={styles.secret}>{attempt.answer}</pre>}
            </Fold>
          ))}
          <h3 className={styles.group}>{t("admin.hook.payload")}</h3>
          <pre className={styles.secret}>{JSON.stringify(message.payload, null, 2)}</pre>
        </div>
      )}
    </Panel>
  );
}

function Fold({ head, children }: { head: ReactNode; children: ReactNode }) {
  return (
    <details className={styles.attempt}>
      <summary>{head}</summary>
      {children}
    </details>
  );
}

function Replay({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const day = new Date(Date.now() - 86_400_000);
  const local = new Date(day.getTime() - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const form = useForm({ since: local, until: "", failed: false });
  const { draft } = form;
  const go = async () => {
    const { data } = await api.post<{ messages: number }>(`/webhooks/${hook.id}/replay`, {
      since: new Date(draft.since).toISOString(),
      ...(draft.until ? { until: new Date(draft.until).toISOString() } : {}),
      ...(draft.failed ? { state: "failed" } : {}),
    });
    toast({ text: t("admin.hook.replayed", { n: data.messages }) });
    await client.invalidateQueries({ queryKey: KEY });
    onClose();
  };
  const moment = (name: "since" | "until") => ({
    name,
    label: t(`admin.hook.${name}`),
    render: (id: string) => (
      <input
        id={id}
        type="datetime-local"
        className={styles.moment}
        value={draft[name]}
        onChange={(event) => form.set({ [name]: event.target.value })}
      />
    ),
  });
  return (
    <FormPanel
      form={form}
      title={t("admin.hook.replay")}
      onClose={onClose}
      submit={t("admin.hook.replay.go")}
      ready={Boolean(draft.since)}
      onSubmit={go}
      says={t("admin.hook.replay.says")}
      lines={[
        moment("since"),
        moment("until"),
        {
          name: "failed",
          label: t("admin.hook.more"),
          faults: ["state", "messages"],
          render: () => (
            <Toggle
              label={t("admin.hook.replay.failed")}
              checked={draft.failed}
              onChange={(failed) => form.set({ failed })}
            />
          ),
        },
      ]}
    />
  );
}
