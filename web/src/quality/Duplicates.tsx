/** Records that may be one, side by side with the reasons; deciding about them with three keys. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, GitMerge, RefreshCw, Unlink2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Answered } from "../admin/Table";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { type Key, useFormat, useNouns, useT } from "../i18n";
import { MOST } from "../merging/model";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { useKeys } from "../shell/keys";
import {
  Button,
  cx,
  Empty,
  IconButton,
  Kbd,
  Nothing,
  Page,
  TabsToCome,
  Tick,
  usePhone,
  useRefusal,
  useToast,
} from "../ui";
import { Select } from "../ui/antd";
import styles from "./duplicates.module.css";
import { busy, type Look, looksQuery } from "./looks";

interface Reason {
  field: string;
  grade: "equal" | "similar" | "close" | "different" | null;
  bits: number;
}

interface Pair {
  a: string;
  b: string;
  score: number;
  decision: "same" | null;
  why: Reason[];
}

interface Group {
  ids: string[];
  score: number;
  records: RecordData[];
  pairs: Pair[];
}

interface Groups {
  data: Group[];
  count: number;
  fields: string[];
}

/** Groups that are asked for at a time. */
const PORTION = 100;

export default function Duplicates() {
  const t = useT();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const { name: asked } = useParams({ strict: false }) as { name?: string };
  const looks = useQuery(looksQuery);
  const known = (looks.data ?? []).filter((one) => catalog.object(one.object));
  const look =
    known.find((one) => one.object === asked) ?? known.find((one) => one.pairs) ?? known.find((one) => one.may_find);
  const object = look && catalog.object(look.object);
  if (!object || !look)
    return (
      <Page title={t("twins.title")} bar={looks.isPending && <TabsToCome />}>
        <Answered of={looks} empty={t("twins.nothing")}>
          {null}
        </Answered>
      </Page>
    );
  return (
    <Work
      key={object.name}
      object={object}
      look={look}
      objects={known.flatMap((one) => catalog.object(one.object) ?? [])}
      onChoose={(name) => void navigate({ to: "/duplicates/$name", params: { name } })}
    />
  );
}

interface WorkProps {
  object: ObjectDef;
  look: Look;
  objects: ObjectDef[];
  onChoose: (name: string) => void;
}

function Work({ object, look, objects, onChoose }: WorkProps) {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const refuse = useRefusal();
  const client = useQueryClient();
  const navigate = useNavigate();
  const nouns = useNouns(object);
  const ctx = useFormatContext();
  const [at, setAt] = useState(0);
  const from = Math.floor(at / PORTION) * PORTION;
  const running = busy(look);
  const found = useQuery({
    queryKey: ["duplicates", object.name, look.ended_at, from],
    queryFn: async ({ signal }) =>
      (await api.get<Groups>(
        `/duplicates/${object.name}`,
        { limit: String(PORTION), offset: String(from) },
        signal,
      )) as Groups,
    placeholderData: keepPreviousData,
    enabled: look.state !== null,
  });
  const groups = found.data?.data ?? [];
  const count = found.data?.count ?? 0;
  const here = Math.min(at, Math.max(0, count - 1));
  const group = found.isPlaceholderData ? undefined : groups[here - from];
  // What was decided is gone: the last portion may have gone with it.
  useEffect(() => {
    if (found.data && at > here) setAt(here);
  }, [found.data, at, here]);
  const [chosen, setChosen] = useState<string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another group, all of it chosen
  useEffect(() => setChosen(group?.ids ?? []), [group?.ids.join()]);
  const begin = useMutation({
    mutationFn: () => api.post(`/duplicates/${object.name}/find`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: ["duplicates"], exact: true }),
    onError: refuse,
  });
  const say = (ids: string[], decision: "same" | "different" | null) =>
    api.post<{ merge: string | null }>(`/duplicates/${object.name}/decide`, { ids, decision });
  const decide = useMutation({
    mutationFn: ({ ids, decision }: { ids: string[]; decision: "same" | "different" }) => say(ids, decision),
    onSuccess: async ({ data }, { ids, decision }) => {
      if (decision === "same" && data.merge) {
        await navigate({ href: data.merge });
        return;
      }
      await found.refetch();
      toast({
        text: t("twins.parted"),
        undo: async () => {
          await say(ids, null);
          await found.refetch();
        },
      });
    },
    onError: refuse,
  });
  const ready = group !== undefined && chosen.length > 1 && !decide.isPending;
  const mergeable = ready && chosen.length <= MOST;
  const same = () => mergeable && decide.mutate({ ids: chosen, decision: "same" });
  const different = () => ready && decide.mutate({ ids: chosen, decision: "different" });
  const go = (by: number) => setAt(Math.max(0, Math.min(count - 1, here + by)));
  useKeys({
    j: () => go(1),
    k: () => go(-1),
    arrowright: () => go(1),
    arrowleft: () => go(-1),
    s: same,
    d: different,
  });
  const status = running
    ? t("twins.running")
    : look.state === "failed"
      ? t("twins.failed")
      : look.ended_at
        ? t("twins.ended", { when: f.ago(look.ended_at) })
        : t("twins.never", { objects: nouns.many });
  // Nothing to show yet: the page says so itself.
  const blank = look.state === null || (running && groups.length === 0);
  return (
    <Page
      title={t("twins.title")}
      count={found.data?.count || undefined}
      actions={
        look.may_find && (
          <>
            <Link to="/merge/$object/many" params={{ object: object.name }}>
              {t("merge.many.open")}
            </Link>
            {look.state !== null && (
              <Button icon={<RefreshCw />} loading={running || begin.isPending} onClick={() => begin.mutate()}>
                {t("twins.find")}
              </Button>
            )}
          </>
        )
      }
      bar={
        <div className={styles.bar}>
          <Select
            className={styles.which}
            aria-label={t("twins.object")}
            value={object.name}
            options={objects.map((one) => ({ value: one.name, label: ctx.label(one.plural, one.name) }))}
            onChange={onChoose}
            popupMatchSelectWidth={false}
          />
          <p className={styles.soft} role="status">
            {!blank && status}
          </p>
        </div>
      }
      padded
    >
      {blank ? (
        <Empty
          title={status}
          text={t("twins.what")}
          action={
            look.may_find &&
            !running && (
              <Button type="primary" icon={<RefreshCw />} loading={begin.isPending} onClick={() => begin.mutate()}>
                {t("twins.find")}
              </Button>
            )
          }
        />
      ) : (
        <Answered of={found} empty={count === 0 && <Nothing of="twins.none" />}>
          {group && found.data && (
            <article className={styles.group} aria-label={t("twins.group", { n: here + 1, of: count })}>
              <div className={styles.steps}>
                <IconButton
                  icon={<ChevronLeft />}
                  label={t("twins.before")}
                  disabled={here === 0}
                  onClick={() => go(-1)}
                />
                <span className={styles.place}>{t("twins.group", { n: here + 1, of: count })}</span>
                <IconButton
                  icon={<ChevronRight />}
                  label={t("twins.next")}
                  disabled={here >= count - 1}
                  onClick={() => go(1)}
                />
                <b className={styles.score}>{t("twins.score", { score: f.percent(Math.round(group.score * 100)) })}</b>
                {group.pairs.some((pair) => pair.decision === "same") && (
                  <span className={styles.soft}>{t("twins.decided")}</span>
                )}
              </div>
              <SideBySide
                object={object}
                group={group}
                fields={found.data.fields}
                chosen={chosen}
                onChoose={(id) =>
                  setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id]))
                }
              />
              <div className={styles.acts}>
                <Button type="primary" icon={<GitMerge />} disabled={!mergeable} onClick={same}>
                  {t("twins.same")}
                </Button>
                <Button icon={<Unlink2 />} disabled={!ready} onClick={different}>
                  {t("twins.different")}
                </Button>
                <span className={styles.keys} aria-hidden>
                  <Kbd>S</Kbd> {t("twins.key.same")} <Kbd>D</Kbd> {t("twins.key.different")} <Kbd>J</Kbd> <Kbd>K</Kbd>{" "}
                  {t("twins.key.move")}
                </span>
              </div>
            </article>
          )}
        </Answered>
      )}
    </Page>
  );
}

interface SideProps {
  object: ObjectDef;
  group: Group;
  fields: string[];
  chosen: string[];
  onChoose: (id: string) => void;
}

/** A column a record; what differs from the first is marked, and says how alike it is. */
function SideBySide({ object, group, fields, chosen, onChoose }: SideProps) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const phone = usePhone();
  const rows = fields.flatMap((name) => object.fields.find((one) => one.name === name) ?? []);
  const print = (record: RecordData, name: string): string => {
    const field = object.fields.find((one) => one.name === name);
    return field ? twin(field).format(record[name], field, ctx) : "";
  };
  const first = group.records[0];
  // Compared with the first, or with whichever it was found for.
  const pairOf = (id: string): Pair | undefined =>
    group.pairs.find((pair) => [pair.a, pair.b].includes(id) && [pair.a, pair.b].includes(first?.id ?? "")) ??
    group.pairs.find((pair) => pair.a === id || pair.b === id);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached with the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={t("twins.compare")}>
      <table className={styles.table} aria-label={t("twins.compare")}>
        <thead>
          <tr>
            {!phone && <th scope="col">{t("twins.field")}</th>}
            {group.records.map((record) => (
              <th key={record.id} scope="col">
                <span className={styles.who}>
                  <Tick
                    checked={chosen.includes(record.id)}
                    label={t("twins.choose", { title: titleOf(object, record) })}
                    onToggle={() => onChoose(record.id)}
                  />
                  <Link to="/o/$object/$id" params={{ object: object.name, id: record.id }}>
                    {titleOf(object, record) || "—"}
                  </Link>
                </span>
                <small className={styles.soft}>{t("twins.changed", { when: f.ago(String(record.updated_at)) })}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((field) => {
            const texts = group.records.map((record) => print(record, field.name));
            if (texts.every((text) => text === "")) return null;
            const label = ctx.label(field.label, field.name);
            return [
              phone && (
                <tr key={`${field.name} label`} className={styles.label}>
                  <th scope="row" colSpan={group.records.length}>
                    {label}
                  </th>
                </tr>
              ),
              <tr key={field.name}>
                {!phone && <th scope="row">{label}</th>}
                {group.records.map((record, column) => {
                  const reason =
                    column > 0 ? pairOf(record.id)?.why.find((one) => one.field === field.name) : undefined;
                  const differs = column > 0 && texts[column] !== texts[0];
                  return (
                    <td key={record.id} className={cx(differs && styles.differs)}>
                      {texts[column] || <span className={styles.none}>—</span>}
                      {reason?.grade && (
                        <span
                          className={cx(styles.why, reason.bits > 0 ? styles.for : styles.against)}
                          title={t("twins.bits", { bits: f.number(Math.abs(reason.bits) < 0.05 ? 0 : reason.bits, 1) })}
                        >
                          {t(`twins.grade.${reason.grade}` as Key)}
                          {Math.abs(reason.bits) >= 0.05 && (
                            <i>{`${reason.bits > 0 ? "+" : "−"}${f.number(Math.abs(reason.bits), 1)}`}</i>
                          )}
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>,
            ];
          })}
        </tbody>
      </table>
    </section>
  );
}
