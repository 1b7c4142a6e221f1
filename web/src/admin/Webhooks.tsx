/** Webhooks: who is told of changes, and what became of every message. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RotateCw, Send, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, Begin, Button, Empty, Nothing, type Tone, usePhone } from "../ui";
import { oneOf, useInAddress } from "./address";
import styles from "./admin.module.css";
import { Banner, Section } from "./Section";
import { Answered, DataTable, TabBar, When } from "./Table";
import { OneMessage, Replay } from "./WebhookMessages";
import { Shape } from "./WebhookShape";
import { KEY, type Message, useAct, type Webhook } from "./webhook";

const STATES = ["all", "waiting", "failed", "done"] as const;
const TONES: Record<Message["state"], Tone> = { waiting: "info", done: "ok", failed: "danger" };

export default function Webhooks({ name }: { name: string | undefined }) {
  return name ? <One id={name} /> : <All />;
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
  const begin = <Begin onClick={() => setMaking(true)}>{t("admin.hook.new")}</Begin>;
  return (
    <Section
      title={t("admin.hooks")}
      lead={t("admin.hooks.lead")}
      actions={begin}
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
      <Answered of={found} empty={hooks.length === 0 && <Nothing of="admin.hooks.none" action={begin} />}>
        <DataTable
          rows={hooks}
          name={(hook) => hook.id}
          onOpen={(hook) => open(hook.id)}
          off={(hook) => !hook.active}
          columns={[
            {
              head: t("admin.hook.name"),
              opens: true,
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

function One({ id }: { id: string }) {
  const t = useT();
  const phone = usePhone();
  const f = useFormat();
  const act = useAct();
  const [chosen, setState] = useInAddress("state");
  const state = oneOf(chosen, STATES) ?? "all";
  const [side, setSide] = useInAddress("open");
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
  const one = hook.data;
  if (!one) return <Answered of={hook} />;
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
          onPick={(name) => setState(name === "all" ? null : name)}
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
