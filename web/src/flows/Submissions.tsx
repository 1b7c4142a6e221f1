/** What was sent by a form, whatever became of it; also by those whose flows are dropped. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { MoreHorizontal, Trash2 } from "lucide-react";
import { Panel } from "../admin/Section";
import { Answered, DataTable, When } from "../admin/Table";
import { api } from "../api/client";
import { twin, useFormatContext } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, Dropdown, Nothing, useAsk, useRefusal, useToast } from "../ui";
import { fieldsOf } from "./FormLines";
import styles from "./flows.module.css";
import { type DroppedFlow, droppedQuery, type Submission, submissionsQuery } from "./queries";
import { RunState } from "./RunState";

interface Props {
  flow: string;
  /** What the form asks for. */
  fields: unknown;
  onOpen?: (run: string) => void;
}

const BUSY = ["running", "waiting"];

export function Submissions({ flow, fields: asked, onOpen }: Props) {
  const t = useT();
  const label = useLabel();
  const say = useRefusal();
  const toast = useToast();
  const client = useQueryClient();
  const ctx = useFormatContext();
  const sent = useInfiniteQuery(submissionsQuery(flow));
  const ask = useAsk();
  const rows = sent.data?.pages.flatMap((page) => page.data) ?? [];
  const held = rows.filter((one) => one.held).length;
  const fields = fieldsOf((asked as never[] | undefined) ?? []);
  const rank = (name: string) =>
    (fields.findIndex((one) => one.name === name) + fields.length + 1) % (fields.length + 1);
  const shown = (input: Record<string, unknown>) =>
    Object.entries(input)
      .sort(([a], [b]) => rank(a) - rank(b))
      .map(([name, value]) => {
        const field = fields.find((one) => one.name === name);
        const said = name === "consent" ? t("flow.sent.consent") : label(field?.label, name);
        const yes = typeof value === "boolean" ? t(value ? "flow.sent.yes" : "flow.sent.no") : undefined;
        return `${said.replace(/[?？:：]$/, "")}: ${yes ?? (field ? twin(field).format(value, field, ctx) : String(value))}`;
      })
      .join(" · ");
  const act = async (work: Promise<unknown>) => {
    try {
      await work;
      await sent.refetch();
      void client.invalidateQueries({ queryKey: droppedQuery.queryKey });
    } catch (reason) {
      say(reason);
    }
  };
  const discard = async (which: Submission | "all" | "held") => {
    const wanted = await ask({
      title: t("flow.sent.discard.ask"),
      text:
        which === "all"
          ? t("flow.sent.discard.ask.all")
          : t("flow.sent.discard.ask.text", { n: which === "held" ? held : 1 }),
      go: t("flow.sent.discard"),
    });
    if (!wanted) return;
    if (typeof which === "object") return act(api.del(`/flows/${flow}/submissions/${which.id}`));
    return act(
      api
        .del<{ discarded: number }>(`/flows/${flow}/submissions${which === "held" ? "?held=true" : ""}`)
        .then(({ data }) => toast({ text: t("flow.sent.discarded", { n: data.discarded }) })),
    );
  };
  return (
    <Answered of={sent} empty={rows.length === 0 && <Nothing of="flow.sent.none" />}>
      <div className={styles.bar}>
        <span className="spring" />
        <Dropdown
          menu={{
            items: [
              ...(held
                ? [{ key: "held", label: t("flow.sent.discard.held"), onClick: () => void discard("held") }]
                : []),
              { key: "all", label: t("flow.sent.discard.all"), danger: true, onClick: () => void discard("all") },
            ],
          }}
        >
          <Button icon={<MoreHorizontal />} aria-label={t("flow.sent.more")} />
        </Dropdown>
      </div>
      <DataTable
        rows={rows}
        name={(one) => one.id}
        title={(one) => `${shown(one.input).slice(0, 60)} ${ctx.f.datetime(one.at)}`}
        onOpen={onOpen && ((one) => one.run && onOpen(one.run))}
        columns={[
          { head: t("flow.sent.what"), cell: (one) => <span className={styles.sentText}>{shown(one.input)}</span> },
          {
            head: t("flow.state"),
            cell: (one) =>
              one.held ? (
                <span className={styles.sentActs}>
                  <Badge tone="warn">{t("flow.sent.held")}</Badge>
                  {onOpen && (
                    <Button
                      size="small"
                      onClick={() => void act(api.post(`/flows/${flow}/submissions/${one.id}/release`, {}))}
                    >
                      {t("flow.sent.release")}
                    </Button>
                  )}
                </span>
              ) : one.state ? (
                <RunState state={one.state} />
              ) : (
                "—"
              ),
          },
          { head: t("flow.run.began"), soft: true, hide: "phone", cell: (one) => <When at={one.at} /> },
          {
            head: t("flow.sent.by"),
            soft: true,
            tight: true,
            hide: "narrow",
            cell: (one) => one.origin ?? t(one.actor ? "flow.sent.inside" : "flow.sent.public"),
          },
          {
            head: t("flow.sent.discard"),
            acts: true,
            cell: (one) => (
              <Button
                type="text"
                size="small"
                icon={<Trash2 />}
                aria-label={t("flow.sent.discard")}
                disabled={BUSY.includes(one.state ?? "")}
                onClick={(event) => {
                  event.stopPropagation();
                  void discard(one);
                }}
              />
            ),
          },
        ]}
      />
    </Answered>
  );
}

/** Forms whose flows are dropped, as long as something is kept of them; `onOpen` shows what. */
export function Dropped({ onOpen }: { onOpen: (flow: DroppedFlow) => void }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const rows = useQuery(droppedQuery).data ?? [];
  if (rows.length === 0) return null;
  return (
    <section className={styles.dropped} aria-label={t("flow.sent.kept")}>
      <h2>{t("flow.sent.kept")}</h2>
      <p className={styles.soft}>{t("flow.sent.kept.text")}</p>
      <DataTable
        rows={rows}
        name={(one) => one.id}
        onOpen={onOpen}
        columns={[
          { head: t("flow.title.one"), cell: (one) => label(one.label, one.name) },
          { head: t("flow.tab.sent"), right: true, cell: (one) => f.number(one.sent) },
          { head: t("flow.sent.kept.at"), soft: true, cell: (one) => <When at={one.dropped_at} /> },
        ]}
      />
    </section>
  );
}

export function DroppedPanel({ flow, onClose }: { flow: DroppedFlow; onClose: () => void }) {
  const label = useLabel();
  return (
    <Panel title={label(flow.label, flow.name)} onClose={onClose}>
      <Submissions flow={flow.id} fields={flow.fields} />
    </Panel>
  );
}
