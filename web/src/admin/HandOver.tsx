/** Somebody leaves: what they have, where it goes, and then it is done, in one act. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { AlertTriangle, ArrowRight } from "lucide-react";
import { useState } from "react";
import { ApiError, api } from "../api/client";
import { touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useFormat, useLabel, useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { Label, ObjectDef, Ref } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Button, useToast } from "../ui";
import { Progress, Segmented, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { useForm } from "./Form";
import { Banner, Line, Panel } from "./Section";
import { Toggle } from "./Table";

/** Records from which on it is left to a job. */
const LARGE = 2_000;

interface Standing {
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  total: number;
  done: number;
}

interface Told {
  objects: { object: string; field: string; records: number; stays: number; to: { user: Ref; records: number }[] }[];
  belongings: { name: string; label: Label; count: number }[];
  sessions: number;
  tokens: number;
  change_set: string | null;
}

type Place = { user: string } | { team: string } | null;

interface Rule {
  object: string;
  field?: string;
  filter?: Filter;
  to: Place;
}

/** What is over, where an object says so: closed deals, finished tasks. */
function isOver(object: ObjectDef): Filter | null {
  const stage = object.fields.find((one) => one.type === "stage");
  if (stage) return { field: `${stage.name}_kind`, op: "in", value: ["won", "lost"] };
  const done = object.fields.find((one) => one.name === "done" && one.type === "boolean");
  return done ? { field: done.name, op: "eq", value: true } : null;
}

/** For one object: like the rest, nothing, or somebody else. */
type Way = "rest" | "stays" | "other";

interface Props {
  user: { id: string; name: string; active: boolean };
  onClose: () => void;
  onDone: () => void;
}

const under = (one: Standing | null | undefined): boolean => one?.status === "queued" || one?.status === "running";

export function HandOver(props: Props) {
  const { user } = props;
  const client = useQueryClient();
  const key = ["hand_over", user.id, "job"];
  const { data, isPending } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      api.get<Standing>(`/users/${user.id}/hand_over`, undefined, signal).catch((reason: Error) => {
        if (reason instanceof ApiError && reason.status === 404) return null;
        throw reason;
      }),
    refetchInterval: ({ state }) => (under(state.data) ? 1_000 : false),
    gcTime: 0,
  });
  const [begun, setBegun] = useState(false);
  if (isPending) return null;
  if (!data || (!under(data) && !begun))
    return (
      <Choose
        {...props}
        onBegun={() => {
          setBegun(true);
          void client.invalidateQueries({ queryKey: key });
        }}
      />
    );
  return <Going {...props} now={data} />;
}

/** One that a job carries out: how far it is. */
function Going({ user, onClose, onDone, now }: Props & { now: Standing }) {
  const t = useT();
  const f = useFormat();
  const client = useQueryClient();
  const going = under(now);
  const close = async () => {
    await touchRecords(client);
    onDone();
  };
  return (
    <Panel
      title={t("admin.hand.title", { name: user.name })}
      onClose={onClose}
      foot={
        going ? (
          <Button onClick={() => void api.del(`/users/${user.id}/hand_over`)}>{t("admin.undo.stop")}</Button>
        ) : (
          <Button type="primary" onClick={() => void close()}>
            {t("shell.close")}
          </Button>
        )
      }
    >
      <div className={styles.stacked} role="status">
        <p>
          {now.status === "done"
            ? t("admin.hand.done", { name: user.name })
            : now.status === "cancelled" || now.status === "failed"
              ? t(`admin.hand.${now.status}`, { n: now.done })
              : t("admin.hand.going", { name: user.name })}
        </p>
        <Progress
          percent={now.total ? Math.floor((now.done / now.total) * 100) : now.status === "done" ? 100 : 0}
          aria-label={t("admin.hand.title", { name: user.name })}
        />
        <p className={styles.help}>{t("admin.hand.under", { done: f.number(now.done), total: f.number(now.total) })}</p>
        <p className={styles.help}>{t("admin.hand.help")}</p>
      </div>
    </Panel>
  );
}

function Choose({ user, onClose, onDone, onBegun }: Props & { onBegun: () => void }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const toast = useToast();
  const undo = useUndo();
  const client = useQueryClient();
  const catalog = useCatalog();
  const form = useForm({
    kind: "user" as "user" | "team",
    to: null as Ref | null,
    keep: false,
    ways: {} as Record<string, Way>,
    others: {} as Record<string, Ref>,
  });
  const { kind, to, keep, ways, others } = form.draft;
  const [all, setAll] = useState(false);
  const rules: Rule[] = [
    ...Object.entries(ways).flatMap(([path, way]): Rule[] => {
      const [object = "", field = ""] = path.split(".");
      const other = others[path];
      if (way === "stays") return [{ object, field, to: null }];
      return way === "other" && other ? [{ object, field, to: { user: other.id } }] : [];
    }),
    ...(keep
      ? catalog.objects.flatMap((object): Rule[] => {
          const filter = isOver(object);
          return filter ? [{ object: object.name, filter, to: null }] : [];
        })
      : []),
  ];
  // What stays because it is over goes before where the rest of an object goes.
  rules.sort((a, b) => Number(Boolean(b.filter)) - Number(Boolean(a.filter)));
  const wanted = { to: to && { [kind]: to.id }, rules };
  const path = `/users/${user.id}/hand_over`;
  const { data: said, error } = useQuery({
    queryKey: ["hand_over", user.id, JSON.stringify(wanted)],
    queryFn: ({ signal }) => api.read<Told>(path, { ...wanted, dry_run: true }, signal),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  const carry = async () => {
    if (moving > LARGE) {
      await api.make(path, { ...wanted, background: true });
      return onBegun();
    }
    const { data } = await api.make<Told>(path, wanted);
    await touchRecords(client);
    const set = data.change_set;
    toast({ text: t("admin.hand.done", { name: user.name }), undo: set ? () => undo(set) : undefined });
    onDone();
  };
  const moving = said?.objects.reduce((sum, one) => sum + one.records - one.stays, 0) ?? 0;
  // Whoever leaves with what they have, and nobody named for it, is a mistake: that something stays is said, not left out.
  const undecided =
    !to &&
    rules.every((rule) => rule.to === null) &&
    said?.objects.some((one) => ways[`${one.object}.${one.field}`] !== "stays");
  const shown = all ? said?.objects : said?.objects.slice(0, 12);
  const besides = (said?.belongings ?? []).filter((one) => one.count > 0);
  return (
    <Panel
      title={t("admin.hand.title", { name: user.name })}
      onClose={onClose}
      foot={
        <>
          <p className={styles.footNote}>
            {user.active
              ? t("admin.hand.out", { name: user.name, sessions: said?.sessions ?? 0, tokens: said?.tokens ?? 0 })
              : t("admin.hand.away", { name: user.name })}
          </p>
          <Button
            className={styles.grow}
            type="primary"
            disabled={!said || Boolean(error) || undecided}
            loading={form.busy}
            onClick={() => void form.run(carry)}
          >
            {t("admin.hand.do", { n: moving })}
          </Button>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
        </>
      }
    >
      <div className={styles.stacked}>
        <Banner messages={[...form.faults.others, ...Object.values(form.faults.fields)]} />
        <Line label={t("admin.hand.to")} help={kind === "team" ? t("admin.hand.turn") : undefined}>
          {(id) => (
            <div className={styles.handTo}>
              <Segmented
                aria-label={t("admin.hand.to")}
                value={kind}
                options={[
                  { value: "user", label: t("admin.hand.person") },
                  { value: "team", label: t("admin.hand.team") },
                ]}
                onChange={(next) => form.set({ kind: next as "user" | "team", to: null })}
              />
              <Picker
                key={kind}
                id={id}
                object={kind}
                label={t("admin.hand.to")}
                value={to ? [to] : []}
                filter={
                  kind === "user"
                    ? {
                        and: [
                          { field: "active", op: "eq", value: true },
                          { field: "id", op: "ne", value: user.id },
                        ],
                      }
                    : undefined
                }
                onChange={(next) => form.set({ to: next[0] ?? null })}
                clear
                create={false}
              />
            </div>
          )}
        </Line>
        <Toggle label={t("admin.hand.keep")} checked={keep} onChange={(next) => form.set({ keep: next })} />
        {error ? (
          <p className={styles.fault} role="alert">
            <AlertTriangle aria-hidden />
            {error.message}
          </p>
        ) : !said ? (
          <p className={styles.help}>{t("admin.plan.looking")}</p>
        ) : (
          <div aria-live="polite">
            {said.objects.length + besides.length === 0 && <p className={styles.help}>{t("admin.hand.nothing")}</p>}
            <ul className={styles.handed}>
              {shown?.map((one) => {
                const object = catalog.object(one.object);
                const path = `${one.object}.${one.field}`;
                const field = object?.fields.find((found) => found.name === one.field);
                const objects = label(object?.plural, one.object);
                const name = one.field === object?.owner ? objects : `${objects} · ${label(field?.label, one.field)}`;
                const way = ways[path] ?? "rest";
                return (
                  <li key={path}>
                    <span className={styles.handWhat}>
                      <b>{name}</b>
                      <span className={styles.soft}>{f.number(one.records)}</span>
                    </span>
                    <Select
                      size="small"
                      aria-label={t("admin.hand.where", { objects: name })}
                      value={way}
                      options={[
                        { value: "rest", label: t("admin.hand.rest") },
                        { value: "stays", label: t("admin.hand.stays") },
                        { value: "other", label: t("admin.hand.other") },
                      ]}
                      onChange={(next: Way) => form.set({ ways: { ...ways, [path]: next } })}
                    />
                    {way === "other" && (
                      <Picker
                        object="user"
                        size="small"
                        label={t("admin.hand.where", { objects: name })}
                        value={others[path] ? [others[path]] : []}
                        onChange={(next) => next[0] && form.set({ others: { ...others, [path]: next[0] } })}
                        create={false}
                      />
                    )}
                    <p className={styles.second}>
                      {one.to.length > 0 && <ArrowRight aria-hidden />}
                      {[
                        ...one.to.slice(0, 6).map((part) => `${part.user.title} ${f.number(part.records)}`),
                        ...(one.to.length > 6 ? ["…"] : []),
                        ...(one.stays > 0 ? [t("admin.hand.left", { n: one.stays, name: user.name })] : []),
                      ].join(t("record.comma"))}
                    </p>
                  </li>
                );
              })}
              {besides.map((one) => (
                <li key={one.name}>
                  <span className={styles.handWhat}>
                    <b>{label(one.label, one.name)}</b>
                    <span className={styles.soft}>{f.number(one.count)}</span>
                  </span>
                </li>
              ))}
            </ul>
            {said.objects.length > 12 && !all && (
              <Button size="small" type="text" onClick={() => setAll(true)}>
                {t("admin.more")}
              </Button>
            )}
          </div>
        )}
        <p className={styles.help}>{t("admin.hand.help")}</p>
      </div>
    </Panel>
  );
}
