/** Who sees a record and why; with whom it is shared, and for how long. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, ChevronDown, ChevronRight, Lock, X } from "lucide-react";
import { Fragment, type ReactNode, useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog, useMe } from "../api/queries";
import { DateInput } from "../fields/DateEntry";
import { edgeOf } from "../fields/dates";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import type { ObjectDef, RecordData, Ref } from "../schema/catalog";
import { Avatar, Badge, Button, cx, ErrorState, IconButton, SkeletonRows, useRefusal, useToast } from "../ui";
import { Drawer, Segmented, Select } from "../ui/antd";
import { Picker } from "./Picker";
import styles from "./RecordAccess.module.css";

type Verb = "read" | "create" | "update" | "delete" | "export" | "import";
const VERBS = ["read", "update", "delete", "export"] as const;

interface Share {
  id: string;
  user?: { id: string | null; title: string | null };
  team?: Ref;
  level: "read" | "update";
  until: string | null;
}

interface Reader {
  user: Ref & { role: string };
  verbs: Verb[];
  because: string[];
}

interface Ground {
  kind: string;
  reason: string;
  true: boolean;
  limit?: boolean;
  via?: Ref & { object: string };
}

interface Explained {
  user: Ref & { role: string };
  verbs: Record<Verb, { may: boolean; grounds: Ground[] }>;
  why: Record<string, string>;
}

interface Props {
  object: ObjectDef;
  record: RecordData;
  title: string;
  onClose: () => void;
}

export default function RecordAccess({ object, record, title, onClose }: Props) {
  const t = useT();
  const me = useMe();
  const all = me.can.includes("users");
  return (
    <Drawer open onClose={onClose} size={480} title={t("record.access.of", { title })}>
      <div className={styles.access}>
        <Shares object={object} record={record} />
        {all ? <Readers object={object} record={record} /> : <Own object={object} record={record} />}
      </div>
    </Drawer>
  );
}

const path = (object: ObjectDef, record: RecordData) => `/records/${object.name}/${record.id}`;
const key = (object: ObjectDef, record: RecordData, part: string, more?: string) =>
  [...keys.record(object.name, record.id), part, more ?? null] as const;

function Shares({ object, record }: Pick<Props, "object" | "record">) {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const refuse = useRefusal();
  const client = useQueryClient();
  const catalog = useCatalog();
  const [kind, setKind] = useState<"user" | "team">("user");
  const [whom, setWhom] = useState<Ref | null>(null);
  const [level, setLevel] = useState<"read" | "update">("read");
  const [until, setUntil] = useState<string | null | undefined>(null);
  const [busy, setBusy] = useState(false);
  const found = useQuery({
    queryKey: key(object, record, "shares"),
    queryFn: ({ signal }) => api.get<{ data: Share[] }>(`${path(object, record)}/shares`, undefined, signal),
  });
  const carry = async (act: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await act();
      setWhom(null);
      setUntil(null);
      toast({ text: done });
      await client.invalidateQueries({ queryKey: keys.record(object.name, record.id) });
      return true;
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(false);
    }
  };
  const shares = found.data?.data ?? [];
  const kinds = (["user", "team"] as const).filter((one) => catalog.object(one));
  return (
    <section>
      <h3>{t("record.share.title")}</h3>
      {found.isLoadingError ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : shares.length === 0 ? (
        <p className={styles.soft}>{t("record.share.none")}</p>
      ) : (
        <ul className={styles.people}>
          {shares.map((share) => {
            const who = share.user ?? share.team;
            return (
              <li key={share.id}>
                <Avatar name={who?.title ?? "?"} id={who?.id ?? undefined} square={Boolean(share.team)} />
                <span className={styles.who}>
                  <b>{who?.title ?? t("record.somebody")}</b>
                  <small>
                    {share.until ? t("record.share.until", { when: f.datetime(share.until) }) : t("record.share.ever")}
                  </small>
                </span>
                <Badge tone={share.level === "update" ? "accent" : "neutral"}>{t(`record.share.${share.level}`)}</Badge>
                {object.can.update && (
                  <IconButton
                    small
                    icon={<X />}
                    disabled={busy}
                    label={t("record.share.end", { name: who?.title ?? "" })}
                    onClick={() =>
                      void carry(
                        () => api.del(`${path(object, record)}/shares/${share.id}`),
                        t("record.share.ended", { name: who?.title ?? "" }),
                      )
                    }
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
      {object.can.update && kinds.length > 0 && (
        <form
          className={styles.give}
          onSubmit={(event) => {
            event.preventDefault();
            if (!whom || until === undefined) return;
            const form = event.currentTarget;
            const keyed = form.querySelector(":focus-visible") !== null;
            void carry(
              () =>
                api.post(`${path(object, record)}/shares`, {
                  [kind]: whom.id,
                  level,
                  ...(until ? { until: edgeOf(until, true, f.locale.timezone) } : {}),
                }),
              t("record.share.done", { name: whom.title }),
            ).then((shared) => shared && keyed && form.querySelector<HTMLElement>("[role=combobox]")?.focus());
          }}
        >
          <div className={styles.whom}>
            {kinds.length > 1 && (
              <Segmented
                size="small"
                aria-label={t("record.share.with")}
                value={kind}
                options={kinds.map((one) => ({ value: one, label: t(`record.share.with.${one}`) }))}
                onChange={(next) => {
                  setKind(next as "user" | "team");
                  setWhom(null);
                }}
              />
            )}
            <Picker
              key={kind}
              object={kind}
              label={t("record.share.with")}
              value={whom ? [whom] : []}
              filter={kind === "user" ? { field: "active", op: "eq", value: true } : undefined}
              onChange={(next) => setWhom(next[0] ?? null)}
              clear
              create={false}
            />
          </div>
          <div className={styles.how}>
            <Select
              aria-label={t("record.share.level")}
              value={level}
              options={(["read", "update"] as const).map((one) => ({ value: one, label: t(`record.share.${one}`) }))}
              onChange={setLevel}
            />
            <div className={styles.until}>
              <label htmlFor="share-until">{t("record.share.until.label")}</label>
              <DateInput id="share-until" value={until} onChange={setUntil} />
            </div>
            <Button type="primary" htmlType="submit" disabled={!whom || until === undefined} loading={busy}>
              {t("record.share.give")}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}

/** Everybody who may read the record, each with what makes it so; and the same asked of anybody else. */
function Readers({ object, record }: Pick<Props, "object" | "record">) {
  const t = useT();
  const [open, setOpen] = useState<string | null>(null);
  const [asked, setAsked] = useState<Ref | null>(null);
  const found = useQuery({
    queryKey: key(object, record, "access"),
    queryFn: ({ signal }) => api.get<{ data: Reader[] }>(`${path(object, record)}/access`, undefined, signal),
  });
  const readers = found.data?.data;
  return (
    <section>
      <h3>
        {t("record.access.who")} {readers && <span className={styles.count}>{readers.length}</span>}
      </h3>
      {found.isLoadingError ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : !readers ? (
        <SkeletonRows rows={4} />
      ) : (
        <ul className={styles.people}>
          {readers.map((one) => {
            const on = open === one.user.id;
            return (
              <Fragment key={one.user.id}>
                <li>
                  <button
                    type="button"
                    className={styles.open}
                    aria-expanded={on}
                    onClick={() => setOpen(on ? null : one.user.id)}
                  >
                    {on ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
                    <Avatar name={one.user.title} id={one.user.id} />
                    <span className={styles.who}>
                      <b>{one.user.title}</b>
                      <small>{one.because.join(t("record.comma"))}</small>
                    </span>
                    <span className={styles.verbs}>
                      {one.verbs
                        .filter((verb) => verb !== "read")
                        .map((verb) => (
                          <Badge key={verb}>{t(`admin.verb.${verb}` as Key)}</Badge>
                        ))}
                    </span>
                  </button>
                </li>
                {on && (
                  <li className={styles.inner}>
                    <Explanation object={object} record={record} user={one.user.id} />
                  </li>
                )}
              </Fragment>
            );
          })}
        </ul>
      )}
      <div className={styles.other}>
        <label htmlFor="why-of">{t("record.access.other")}</label>
        <Picker
          id="why-of"
          object="user"
          value={asked ? [asked] : []}
          onChange={(next) => setAsked(next[0] ?? null)}
          clear
          create={false}
        />
        {asked && <Explanation object={object} record={record} user={asked.id} />}
      </div>
    </section>
  );
}

function Own({ object, record }: Pick<Props, "object" | "record">) {
  const t = useT();
  return (
    <section>
      <h3>{t("record.access.mine")}</h3>
      <Explanation object={object} record={record} />
    </section>
  );
}

/** Every ground and limit with its truth, verb by verb; and what keeps a field hidden or locked. */
function Explanation({ object, record, user }: Pick<Props, "object" | "record"> & { user?: string }) {
  const t = useT();
  const label = useLabel();
  const found = useQuery({
    queryKey: key(object, record, "explain", user),
    queryFn: ({ signal }) => api.get<Explained>(`${path(object, record)}/explain`, { user }, signal),
    retry: false,
  });
  if (found.isError) return <p className={styles.soft}>{found.error.message}</p>;
  if (!found.data) return <SkeletonRows rows={3} height={24} />;
  const { verbs, why } = found.data;
  const kept = Object.entries(why).filter(([, reason]) => reason !== "made" && reason !== "secret");
  const named = (name: string) => label(object.fields.find((one) => one.name === name)?.label, name);
  const by = new Map<string, string[]>();
  for (const [name, reason] of kept) by.set(reason, [...(by.get(reason) ?? []), named(name)]);
  return (
    <div className={styles.why}>
      {VERBS.map((verb) => (
        <div key={verb}>
          <p className={cx(styles.verb, verbs[verb].may ? styles.yes : styles.no)}>
            <Truth yes={verbs[verb].may} />
            {t(`admin.verb.${verb}` as Key)}
          </p>
          <ul>
            {verbs[verb].grounds.map((ground) => (
              <li key={ground.reason} className={ground.true ? styles.yes : styles.no}>
                <Truth yes={ground.true} />
                <span>
                  {ground.reason}
                  {ground.via && <span className={styles.soft}> ({ground.via.title})</span>}
                  {ground.limit && <Badge tone="warn">{t("record.access.limit")}</Badge>}
                </span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {[...by].map(([reason, names]) => (
        <p key={reason} className={styles.kept}>
          <Lock aria-hidden />
          <span>{t(`record.access.kept.${reason}` as Key, { fields: names.join(t("record.comma")) })}</span>
        </p>
      ))}
    </div>
  );
}

function Truth({ yes }: { yes: boolean }): ReactNode {
  const t = useT();
  return (
    <>
      {yes ? <Check aria-hidden /> : <X aria-hidden />}
      <span className="sr">{t(yes ? "record.access.true" : "record.access.false")}</span>
    </>
  );
}
