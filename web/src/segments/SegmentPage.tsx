/** One segment: what it asks for, how it grows, how it lies beside others, and who is in it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { History, MoreHorizontal, Plus, SquaresIntersect } from "lucide-react";
import { Suspense, useMemo, useState } from "react";
import { ApiError, api } from "../api/client";
import { fetchPage, keys, useObject } from "../api/queries";
import { useFormat, useLabel, useLanguage, useNouns, useT } from "../i18n";
import { FilterSentence } from "../records/FilterBar";
import { Rows, RowsToCome } from "../records/ListPage";
import { type Place, useList } from "../records/list";
import { MomentChoice } from "../records/Past";
import { part } from "../renew";
import type { ObjectDef } from "../schema/catalog";
import { type Filter, same } from "../schema/filter";
import { Button, ButtonLink, Dropdown, Empty, ErrorState, IconButton, Page, Popover, usePhone, whyOf } from "../ui";
import { Select } from "../ui/antd";
import { type Segment, segmentQuery, segmentsQuery, useSegments, useTrend } from "./queries";
import { Size } from "./Segments";
import styles from "./segments.module.css";
import { useSegmentWrites } from "./writes";

const NameDialog = part(() => import("../records/ViewDialog"));

export default function SegmentPage() {
  const { segment: id } = useParams({ strict: false }) as { segment: string };
  const t = useT();
  const label = useLabel();
  const found = useQuery(segmentQuery(id));
  const object = useObject(found.data?.object ?? "");
  // One that was in the list has its name at once.
  const { data: listed } = useQuery({ ...segmentsQuery, enabled: false });
  if (found.data && object) return <Shown key={id} segment={found.data} object={object} />;
  const known = listed?.find((one) => one.id === id);
  const error = found.data ? new ApiError(404, "") : found.error;
  return (
    <Page title={known ? label(known.label) : t("seg.title")}>
      {error ? <ErrorState error={error} retry={() => void found.refetch()} /> : <RowsToCome />}
    </Page>
  );
}

function Shown({ segment, object }: { segment: Segment; object: ObjectDef }) {
  const t = useT();
  const label = useLabel();
  const navigate = useNavigate();
  const phone = usePhone();
  const { many } = useNouns(object);
  const { id } = segment;
  const place = useMemo<Place>(
    () => ({
      base: { in_segment: id },
      go: (search, replace) => navigate({ to: "/segments/$segment", params: { segment: id }, search, replace }),
    }),
    [id, navigate],
  );
  const list = useList(object, place);
  const name = label(segment.label);
  return (
    <Page
      title={name}
      name={`${name} · ${t("seg.title")}`}
      count={<Size segment={segment} />}
      actions={
        <>
          {!phone && (
            <ButtonLink
              kind="text"
              to="/o/$object"
              params={{ object: object.name }}
              search={{ view: "all", filter: { in_segment: id } }}
            >
              {t("seg.list")}
            </ButtonLink>
          )}
          {segment.may_change && <Menu segment={segment} />}
        </>
      }
      bar={
        <>
          {segment.about && <p className={styles.about}>{segment.about}</p>}
          {segment.fault && (
            <p className={styles.warn} role="alert">
              {t("seg.fault.text")}
            </p>
          )}
          {segment.kind === "dynamic" && (
            <Asks key={JSON.stringify(segment.filter)} segment={segment} object={object} />
          )}
          <Facts segment={segment} />
        </>
      }
    >
      <Suspense>
        <Rows
          list={list}
          onFilter={() => {}}
          empty={
            <Empty
              title={t("seg.empty", { objects: many })}
              text={t(segment.kind === "static" ? "seg.empty.static" : "seg.empty.dynamic", { objects: many })}
              action={
                segment.kind === "static" && (
                  <ButtonLink to="/o/$object" params={{ object: object.name }} kind="primary" icon={<Plus />}>
                    {t("seg.add")}
                  </ButtonLink>
                )
              }
            />
          }
        />
      </Suspense>
    </Page>
  );
}

function Menu({ segment }: { segment: Segment }) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const { change, remove } = useSegmentWrites();
  const [naming, setNaming] = useState(false);
  const shared = segment.scope === "shared";
  return (
    <>
      <Dropdown
        placement="bottomRight"
        menu={{
          items: [
            { key: "name", label: t("seg.rename"), onClick: () => setNaming(true) },
            {
              key: "tells",
              label: t(segment.tells ? "seg.tells.not" : "seg.tells"),
              onClick: () => void change(segment, { tells: !segment.tells }),
            },
            {
              key: "scope",
              label: t(shared ? "seg.unshare" : "seg.share"),
              onClick: () => void change(segment, { scope: shared ? "personal" : "shared" }),
            },
            { type: "divider" as const },
            {
              key: "remove",
              label: t("seg.remove"),
              danger: true,
              onClick: () =>
                void remove(segment).then((gone) => {
                  if (gone) void navigate({ to: "/segments" });
                }),
            },
          ],
        }}
      >
        <IconButton icon={<MoreHorizontal />} label={t("seg.menu")} />
      </Dropdown>
      {naming && (
        <Suspense>
          <NameDialog
            title={t("seg.rename.title")}
            name={label(segment.label)}
            whose={segment.scope}
            save={t("seg.rename")}
            onSave={async (name, scope) => {
              await change(segment, { label: { ...segment.label, [language]: name }, scope });
            }}
            onClose={() => setNaming(false)}
          />
        </Suspense>
      )}
    </>
  );
}

/** The conditions, changed here and kept when one says so; how many they find is told at once. */
function Asks({ segment, object }: { segment: Segment; object: ObjectDef }) {
  const t = useT();
  const { change } = useSegmentWrites();
  const kept = same(segment.filter, { and: [] }) ? null : segment.filter;
  const [filter, setFilter] = useState<Filter | null>(kept);
  const changed = !same(filter, kept);
  return (
    <div className={styles.say}>
      <FilterSentence
        object={object}
        filter={filter}
        own={kept}
        onChange={segment.may_change ? setFilter : () => {}}
        deep
      />
      <span className="spring" />
      {(changed || kept === null) && <Would object={object} filter={filter} />}
      {changed && (
        <>
          <Button size="small" type="text" onClick={() => setFilter(kept)}>
            {t("seg.revert")}
          </Button>
          <Button size="small" type="primary" onClick={() => void change(segment, { filter: filter ?? { and: [] } })}>
            {t("seg.save")}
          </Button>
        </>
      )}
    </div>
  );
}

const useCount = (object: string, filter: Filter | null) => {
  const { data } = useQuery({
    queryKey: keys.list(object, { filter, limit: 1, include: "count", fields: ["id"] }),
    queryFn: ({ signal }) => fetchPage(object, { filter, fields: ["id"], limit: 1, include: "count" }, null, signal),
    staleTime: 30_000,
  });
  return data;
};

/** "1,204 customers, 3 %". */
export function Would({ object, filter }: { object: ObjectDef; filter: Filter | null }) {
  const t = useT();
  const f = useFormat();
  const { many } = useNouns(object);
  const found = useCount(object.name, filter);
  const all = useCount(object.name, null);
  if (!found || !all) return <output className={styles.would}>{t("seg.counting")}</output>;
  const [some, whole] = [found, all].map((page) => page.count ?? page.count_estimate ?? 0) as [number, number];
  const share = whole ? (100 * some) / whole : 0;
  const said = share > 0 && share < 1 ? Number(share.toFixed(1)) : Math.round(share);
  return (
    <output className={styles.would}>
      {t("seg.count", { n: f.count(found.count, found.count_estimate), objects: many, share: f.percent(said) })}
    </output>
  );
}

function Facts({ segment }: { segment: Segment }) {
  const t = useT();
  const f = useFormat();
  const { data: days } = useTrend(segment.id);
  // Not every day need be there.
  const month = days?.filter(({ day }) => f.daysFromToday(day) > -30) ?? [];
  const sum = (name: "entered" | "left") => month.reduce((n, day) => n + day[name], 0);
  return (
    <div className={styles.facts}>
      <Trend sizes={(days ?? []).map((day) => day.size)} dynamic={segment.kind === "dynamic"} />
      {days && days.length > 0 && <span>{t("seg.moved", { entered: sum("entered"), left: sum("left") })}</span>}
      <span className="spring" />
      <Popover placement="bottomRight" label={t("seg.overlap")} content={<Overlap segment={segment} />}>
        <button type="button" className={styles.tool}>
          <SquaresIntersect aria-hidden />
          {t("seg.overlap")}
        </button>
      </Popover>
      {segment.kind === "dynamic" && (
        <Popover placement="bottomRight" label={t("seg.past")} content={<LookBack segment={segment} />}>
          <button type="button" className={styles.tool}>
            <History aria-hidden />
            {t("seg.past")}
          </button>
        </Popover>
      )}
    </div>
  );
}

/** Sizes day by day as a line. */
function Trend({ sizes, dynamic }: { sizes: number[]; dynamic: boolean }) {
  const t = useT();
  const f = useFormat();
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (sizes.length < 2 || first === undefined || last === undefined)
    return <span className={styles.trend}>{sizes.length && dynamic ? t("seg.trend.none") : ""}</span>;
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const at = (size: number) => (high === low ? 12 : 22 - (20 * (size - low)) / (high - low));
  const line = sizes.map((size, i) => `${i ? "L" : "M"}${(120 * i) / (sizes.length - 1)} ${at(size)}`).join("");
  const said = t("seg.trend.said", { from: f.number(first), to: f.number(last) });
  return (
    <span className={styles.trend}>
      <svg viewBox="0 0 120 24" role="img" aria-label={`${t("seg.trend")}: ${said}`}>
        <path d={line} vectorEffect="non-scaling-stroke" />
      </svg>
      {said}
    </span>
  );
}

function Figures({ of }: { of: [string, number | undefined][] }) {
  const f = useFormat();
  return (
    <dl>
      {of.map(([name, n]) => [
        <dt key={`${name} t`}>{name}</dt>,
        <dd key={`${name} d`}>{n === undefined ? "…" : f.number(n)}</dd>,
      ])}
    </dl>
  );
}

function Overlap({ segment }: { segment: Segment }) {
  const t = useT();
  const label = useLabel();
  const others = useSegments(segment.object).filter((one) => one.id !== segment.id);
  const [other, setOther] = useState<string>();
  const chosen = others.find((one) => one.id === other);
  const { data } = useQuery({
    queryKey: ["records", "", "segments", segment.id, "overlap", other],
    queryFn: ({ signal }) =>
      api.get<{ this: number; other: number; both: number }>(
        `/segments/${segment.id}/overlap`,
        { with: other },
        signal,
      ),
    enabled: other !== undefined,
  });
  if (others.length === 0) return <div className={styles.compare}>{t("seg.overlap.none")}</div>;
  return (
    <div className={styles.compare}>
      <Select
        value={other}
        placeholder={t("seg.overlap.with")}
        aria-label={t("seg.overlap.with")}
        showSearch={{ optionFilterProp: "label" }}
        options={others.map((one) => ({ value: one.id, label: label(one.label) }))}
        onChange={setOther}
      />
      {chosen && (
        <Figures
          of={[
            [t("seg.overlap.both"), data?.both],
            [t("seg.overlap.only", { name: label(segment.label) }), data && data.this - data.both],
            [t("seg.overlap.only", { name: label(chosen.label) }), data && data.other - data.both],
          ]}
        />
      )}
    </div>
  );
}

/** Whom the same conditions would have found on another day. */
function LookBack({ segment }: { segment: Segment }) {
  const t = useT();
  const [moment, setMoment] = useState<string>();
  const { data, error } = useQuery({
    queryKey: ["records", "", "segments", segment.id, "past", moment],
    queryFn: ({ signal }) =>
      api.get<{ then: number; now: number; stayed: number }>(`/segments/${segment.id}/past`, { as_of: moment }, signal),
    enabled: moment !== undefined,
  });
  return (
    <div className={styles.compare}>
      <MomentChoice value={moment} onPick={setMoment} />
      {error && <p role="alert">{whyOf(error, t)}</p>}
      {moment && !error && (
        <>
          <Figures
            of={[
              [t("seg.past.then"), data?.then],
              [t("seg.past.now"), data?.now],
              [t("seg.past.stayed"), data?.stayed],
            ]}
          />
          <Link
            to="/o/$object"
            params={{ object: segment.object }}
            search={{ view: "all", filter: segment.filter, moment }}
          >
            {t("seg.past.show")}
          </Link>
        </>
      )}
    </div>
  );
}
