/** Any object's records: views, the filter sentence, and the records as table, board, gallery or cards. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ChevronDown, Plus, Upload } from "lucide-react";
import { Suspense, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { fetchPage, keys, useAggregate, useCatalog, useObject } from "../api/queries";
import "../apps/pools";
import { slots } from "../apps/slots";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { arrived, part } from "../renew";
import type { ObjectDef, Pipeline, View } from "../schema/catalog";
import { same } from "../schema/filter";
import { useStarts } from "../shell/pins";
import {
  Begin,
  Button,
  ButtonLink,
  Dropdown,
  Empty,
  ErrorState,
  Page,
  type Shape,
  SkeletonRows,
  usePhone,
} from "../ui";
import { later } from "../ui/later";
import { useAfterPicture } from "../ui/picture";
import { useAsked } from "./ahead";
import type { GroupSection } from "./body";
import { Cards } from "./Cards";
import { tableQuery } from "./columns";
import { FilterBar } from "./FilterBar";
import { ExportButton, FilesMenu } from "./files";
import { groupFilter, keyOf } from "./groups";
import { useCreateHere } from "./here";
import { board, calendar, chart, gallery } from "./kinds";
import { pipelineOf, pipelinesQuery } from "./lanes";
import { isTime, type List, useList, usePreview } from "./list";
import styles from "./list.module.css";
import { ArchiveBanner, ListPast } from "./Past";
import { type Rows as RowsOf, useRows } from "./rows";
import { type Selection, useSelection } from "./selection";
import { type Kind, viewKey, viewsOf } from "./state";
import { Table } from "./Table";
import { Tools } from "./Tools";
import { measuresOf } from "./Totals";
import { Count, SaveView, ViewTabs } from "./Views";

const { Part: Board } = board;
const { Part: Calendar } = calendar;
const { Part: Gallery } = gallery;
const { Part: Chart } = chart;
const Preview = part(() => import("./Preview"));
const BulkBar = later(() => arrived(() => import("./BulkBar")).then((module) => module.BulkBar));

export default function ListPage() {
  const { object: name } = useParams({ strict: false }) as { object: string };
  const object = useObject(name);
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  return <Records key={object.name} object={object} />;
}

function Records({ object }: { object: ObjectDef }) {
  const t = useT();
  const asked = useList(object);
  const label = useLabel();
  const phone = usePhone();
  const [pipeline, counts] = usePipeline(asked);
  const list = useMemo(() => ({ ...asked, pipeline }), [asked, pipeline]);
  // The column that a new condition has been asked for from its head.
  const [condition, setCondition] = useState<string | null>(null);
  return (
    <Page
      title={label(object.plural, object.name)}
      count={
        list.kind === "board" && list.pipelines.length > 1 ? (
          <PipelineChoice list={list} counts={counts} />
        ) : (
          <Count list={list} filter={null} />
        )
      }
      name={`${label(list.view.label, list.view.name)} · ${label(object.plural, object.name)}`}
      actions={<HeadActions list={list} />}
      bar={
        <>
          <ViewTabs list={list} />
          <FilterBar
            list={list}
            asked={condition}
            onAsked={setCondition}
            tools={<Tools list={list} />}
            save={!phone && <SaveView list={list} />}
          />
        </>
      }
    >
      <ListPast list={list} />
      {list.archived && (
        <ArchiveBanner
          text={t("list.archived.banner")}
          act={t("list.archived.leave")}
          onAct={() => list.set({ archived: undefined })}
        />
      )}
      <Suspense fallback={<SkeletonRows shape={SHAPES[list.kind]} />}>
        {list.kind === "calendar" ? (
          <Calendar list={list} />
        ) : list.kind === "chart" ? (
          <Chart list={list} />
        ) : list.kind === "table" || list.kind === "gallery" ? (
          <Rows list={list} onFilter={setCondition} />
        ) : pipeline || list.by?.field.type !== "stage" ? (
          <Board key={viewKey(list.view)} list={list} />
        ) : (
          <SkeletonRows shape="lanes" />
        )}
      </Suspense>
    </Page>
  );
}

const SHAPES: Partial<Record<Kind, Shape>> = { board: "lanes", gallery: "tiles", chart: "bars" };

/** The pipeline of a board, and how many records each has. */
function usePipeline(list: List): [Pipeline | undefined, Map<string, number>] {
  const field = list.pipelineField?.name ?? "";
  const asked = pipelinesQuery(list);
  const { data, isError } = useAggregate(list.object.name, asked ?? { measures: [] }, asked !== null);
  return useMemo(() => {
    const counts = new Map(data?.map((row) => [String(row.group[field]), row.values.n ?? 0]));
    return [pipelineOf(list, data, isError), counts];
  }, [data, isError, field, list]);
}

function PipelineChoice({ list, counts }: { list: List; counts: Map<string, number> }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const name = list.pipeline && label(list.pipeline.label, list.pipeline.name);
  return (
    <Dropdown
      menu={{
        selectedKeys: list.pipeline ? [list.pipeline.name] : [],
        items: list.pipelines.map((one) => ({
          key: one.name,
          label: label(one.label, one.name),
          extra: f.number(counts.get(one.name) ?? 0),
        })),
        onClick: ({ key }) => list.set({ pipeline: key }),
      }}
    >
      <Button
        type="text"
        size="small"
        aria-label={name ? `${name} · ${t("list.board.pipeline")}` : t("list.board.pipeline")}
      >
        {name ?? t("list.board.pipeline")}
        <ChevronDown />
      </Button>
    </Dropdown>
  );
}

/** Groups and what they hold, when the list is grouped; undefined until that is known. */
function useSections(list: List): [GroupSection[] | undefined, (section: number) => void, unknown] {
  const catalog = useCatalog();
  const { object, group } = list;
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const grain = group && isTime(group.field) ? (list.look.grain ?? "month") : undefined;
  const { data, error } = useAggregate(
    object.name,
    {
      filter: list.filter,
      q: list.q || undefined,
      as_of: list.moment,
      archived: list.archived,
      group: group ? [grain ? { field: group.path, grain } : group.path] : [],
      measures: [{ fn: "count", as: "n" }, ...measuresOf(list.columns.filter(({ path }) => path !== group?.path))],
    },
    group !== undefined,
  );
  const sections = useMemo(
    () =>
      group &&
      data?.map((row): GroupSection => {
        const value = row.group[group.path];
        const key = keyOf(value);
        return {
          key,
          value,
          grain,
          filter: groupFilter(catalog, group.path, group.field, value, grain),
          count: row.values.n ?? 0,
          values: row.values,
          open: !folded.has(key),
        };
      }),
    [catalog, group, grain, data, folded],
  );
  const fold = (at: number) => {
    const key = sections?.[at]?.key;
    if (key === undefined) return;
    setFolded((old) => new Set(old.has(key) ? [...old].filter((one) => one !== key) : [...old, key]));
  };
  return [sections, fold, error];
}

/** What stands in the place of `Rows` until they come. */
export function RowsToCome({ pictured }: { pictured?: boolean }) {
  const phone = usePhone();
  if (pictured) return <SkeletonRows shape="tiles" />;
  return phone ? <SkeletonRows shape="cards" /> : <SkeletonRows rows={16} />;
}

/** A table, or cards on a phone, or a gallery on both; `empty` stands in their place where there is nothing. */
export function Rows({
  list: asked,
  onFilter,
  empty,
}: {
  list: List;
  onFilter: (path: string) => void;
  empty?: React.ReactNode;
}) {
  const phone = usePhone();
  const pictured = asked.kind === "gallery";
  // Cards stand in one heap.
  const list = useMemo(() => (pictured ? { ...asked, group: undefined } : asked), [asked, pictured]);
  // The same question is the same list, whatever else of the state changes.
  const [query] = useStable(useMemo(() => tableQuery(list, list.kind === "gallery" ? list.by : undefined), [list]));
  const [sections, onFold, fault] = useSections(list);
  const rows = useRows(list.object.name, query, list.group ? (sections ?? NO_SECTIONS) : undefined);
  const selection = useSelection();
  // Another filter shows other records: what was chosen before is gone from sight.
  const scope = JSON.stringify([list.object.name, viewKey(list.view), list.filter, list.q, list.moment, list.archived]);
  const { clear } = selection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scope decides
  useEffect(() => clear(), [scope, clear]);

  const waits = <RowsToCome pictured={pictured} />;
  const error = fault ?? rows.error;
  // Who saw the last one go stays where that was.
  const had = useRef(false);
  had.current ||= Boolean(rows.count);
  const Body = pictured ? Gallery : phone ? Cards : Table;
  const pending = rows.pending || (list.group && !sections);
  const shown = error ? (
    <ErrorState error={error} retry={rows.refetch} />
  ) : !pending && rows.count === 0 ? (
    (empty ?? <NoRows list={list} begun={!had.current} />)
  ) : (
    <div className={styles.beside}>
      {pending ? (
        waits
      ) : (
        <Suspense fallback={waits}>
          <Body list={list} rows={rows} sections={sections} selection={selection} onFilter={onFilter} onFold={onFold} />
        </Suspense>
      )}
      {!phone && <Beside list={list} />}
      {selection.some && !pending && (
        <BulkBar list={list} selection={selection} count={rows.count} exact={rows.exact} />
      )}
    </div>
  );
  return (
    <>
      <Said rows={rows} selection={selection} />
      {shown}
    </>
  );
}

/** For those who hear the page: how many there are, after each search and filter, and how many are chosen. */
function Said({ rows, selection }: { rows: RowsOf; selection: Selection }) {
  const t = useT();
  const f = useFormat();
  const { count, exact, pending } = rows;
  return (
    <p className="sr" role="status">
      {selection.some
        ? t("list.said.chosen", { n: selection.size(count) })
        : !pending && count !== undefined && t("list.said", { n: f.count(exact && count, count) })}
    </p>
  );
}

const NO_SECTIONS: GroupSection[] = [];

/**
 * The record that is looked at without leaving the list. It comes and goes over the list with the next picture; the columns
 * make room, or take it back, with the one after that: laying all rows out anew is most of the work.
 */
function Beside({ list }: { list: List }) {
  const id = usePreview();
  const before = useAfterPicture(id, undefined);
  const there = id ?? before;
  if (!there) return null;
  return (
    <>
      {before && <div className={styles.room} />}
      <div className={styles.side} hidden={!id}>
        <Suspense>
          <Preview key={there} list={list} id={there} />
        </Suspense>
      </div>
    </>
  );
}

/** The value that was there before, while it is equal. */
function useStable<V>(value: V): [V] {
  const kept = useRef(value);
  if (!same(kept.current, value)) kept.current = value;
  return [kept.current];
}

function HeadActions({ list }: { list: List }) {
  const t = useT();
  const phone = usePhone();
  const create = useCreateHere(list);
  const { object } = list;
  const { one } = useNouns(object);
  return (
    <>
      {slots("list.action", object.name).map(({ component: Action }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: registered once, in order
        <Action key={at} object={object.name} />
      ))}
      {phone ? (
        <FilesMenu list={list} />
      ) : (
        <>
          {object.can.import && (
            <ButtonLink to="/import/$object" params={{ object: object.name }} kind="text" icon={<Upload />}>
              {t("list.import")}
            </ButtonLink>
          )}
          {object.can.export && <ExportButton list={list} />}
        </>
      )}
      {create && !phone && <Begin onClick={() => create()}>{t("shell.create.one", { object: one })}</Begin>}
      {create && phone && (
        <button
          type="button"
          className={styles.fab}
          data-kind="primary"
          aria-label={t("shell.create.one", { object: one })}
          onClick={() => create()}
        >
          <Plus />
        </button>
      )}
    </>
  );
}

const isOwn = (view: View): boolean => JSON.stringify(view.filter).includes('"$me"');

/** Why nothing is here, and the way out of it; whoever has nothing and asked for no view begins with what is everybody's. */
function NoRows({ list, begun }: { list: List; begun: boolean }) {
  const t = useT();
  const label = useLabel();
  const create = useCreateHere(list);
  const { object } = list;
  const { one, many: plural } = useNouns(object);
  const asks = list.filter !== null || list.q !== "";
  const any = { fields: ["id"], limit: 1, archived: list.archived, as_of: list.moment };
  const found = useQuery({
    queryKey: keys.list(object.name, any),
    queryFn: ({ signal }) => fetchPage(object.name, any, null, signal),
    enabled: asks,
  });
  // Where there is nothing at all, no condition is at fault: an own view is empty on the first day too.
  const narrowed = asks && found.data?.data.length !== 0;
  const { starts } = useStarts();
  const chosen = useAsked((search) => Object.keys(search)[0]) ?? starts[object.name];
  const other = begun && narrowed && !chosen && isOwn(list.view) ? viewsOf(object).find((view) => !isOwn(view)) : null;
  useEffect(() => {
    if (found.data && other) list.set({ view: viewKey(other) }, true);
  });
  // The head has it in green.
  const make = create && (
    <Button icon={<Plus />} onClick={() => create()}>
      {t("shell.create.one", { object: one })}
    </Button>
  );
  if (other || (asks && found.isPending)) return null;
  if (narrowed && list.q) {
    return (
      <Empty
        title={t("list.empty.search", { q: list.q, objects: plural })}
        text={t("list.empty.search.text")}
        action={<Button onClick={() => list.set({ q: undefined })}>{t("list.empty.search.clear")}</Button>}
      />
    );
  }
  if (narrowed) {
    // What a view asks by itself is no mistake of the reader's: there is nothing of it yet.
    const own = !list.changed && make;
    return (
      <Empty
        title={
          own
            ? t("list.empty.own", { objects: plural, view: label(list.view.label, list.view.name) })
            : t("list.empty.view", { objects: plural })
        }
        text={t(own ? "list.empty.own.text" : "list.empty.view.text")}
        action={
          <>
            {own}
            <Button onClick={() => list.set({ filter: null })}>{t("list.empty.view.clear")}</Button>
            {!own && make}
          </>
        }
      />
    );
  }
  // The way back stands above, with what this is.
  if (list.archived) return <Empty title={t("list.empty.archived", { objects: plural })} />;
  if (list.moment) return <Empty title={t("list.empty.past", { objects: plural })} />;
  return (
    <Empty
      title={t("list.empty", { objects: plural })}
      text={t("list.empty.text", { objects: plural })}
      action={
        <>
          {make}
          {object.can.import && (
            <ButtonLink to="/import/$object" params={{ object: object.name }} icon={<Upload />}>
              {t("list.empty.import", { objects: plural })}
            </ButtonLink>
          )}
        </>
      }
    />
  );
}
