/** Any object's records: views, the filter sentence, and the records as table, board or cards. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChevronDown, Download, Plus, Upload } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo } from "react";
import { ApiError, api } from "../api/client";
import { listOptions, rowsOf, useAggregate, useObject } from "../api/queries";
import { slots } from "../apps/slots";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import type { ObjectDef, Pipeline, RecordData } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { useCreate } from "../shell/create";
import { Button, ButtonLink, Dropdown, Empty, ErrorState, Page, SkeletonRows, usePhone, useToast } from "../ui";
import { Select } from "../ui/antd";
import { BulkBar } from "./BulkBar";
import { Cards } from "./Cards";
import { FilterBar } from "./FilterBar";
import { type List, tableQuery, useList } from "./list";
import styles from "./list.module.css";
import { type Selection, useSelection } from "./selection";
import { viewKey } from "./state";
import { Table } from "./Table";
import { ColumnsButton, SaveView, ViewTabs } from "./Views";

// Dragging is for who drags: the table does without it.
const Board = lazy(() => import("./Board").then((module) => ({ default: module.Board })));

export default function ListPage() {
  const { object: name } = useParams({ strict: false }) as { object: string };
  const object = useObject(name);
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  return <Records key={object.name} object={object} />;
}

function Records({ object }: { object: ObjectDef }) {
  const asked = useList(object);
  const label = useLabel();
  const phone = usePhone();
  const board = asked.kind === "board" && asked.by;
  const [pipeline, counts] = usePipeline(asked);
  const list = useMemo(() => ({ ...asked, pipeline }), [asked, pipeline]);
  return (
    <Page
      title={label(object.plural, object.name)}
      count={board && list.pipelines.length > 1 && <PipelineChoice list={list} counts={counts} />}
      name={`${label(list.view.label, list.view.name)} · ${label(object.plural, object.name)}`}
      actions={<HeadActions list={list} />}
      bar={
        <>
          <ViewTabs list={list} />
          <FilterBar
            list={list}
            tools={
              <>
                {!board && !phone && <ColumnsButton list={list} />}
                <SaveView list={list} />
              </>
            }
          />
        </>
      }
    >
      {board ? (
        pipeline || list.by?.type !== "stage" ? (
          <Suspense fallback={<SkeletonRows />}>
            <Board key={viewKey(list.view)} list={list} />
          </Suspense>
        ) : (
          <SkeletonRows />
        )
      ) : (
        <Rows list={list} />
      )}
    </Page>
  );
}

/** The pipeline of a board: the one asked for, else the one with the most in it. Undefined until that is known. */
function usePipeline(list: List): [Pipeline | undefined, Map<string, number>] {
  const field = list.pipelineField?.name ?? "";
  const several = list.kind === "board" && list.pipelines.length > 1 && field !== "";
  const { data, isError } = useAggregate(
    list.object.name,
    { group: [field], measures: [{ fn: "count", as: "n" }] },
    several,
  );
  return useMemo(() => {
    const counts = new Map(data?.map((row) => [String(row.group[field]), row.values.n ?? 0]));
    if (!several || list.pipeline || isError) return [list.pipeline ?? list.pipelines[0], counts];
    if (!data) return [undefined, counts];
    const most = [...list.pipelines].sort((a, b) => (counts.get(b.name) ?? 0) - (counts.get(a.name) ?? 0))[0];
    return [most, counts];
  }, [data, isError, field, several, list]);
}

function PipelineChoice({ list, counts }: { list: List; counts: Map<string, number> }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  return (
    <Select
      size="small"
      variant="borderless"
      aria-label={t("list.board.pipeline")}
      value={list.pipeline?.name}
      suffixIcon={<ChevronDown />}
      onChange={(name) => list.set({ pipeline: name })}
      options={list.pipelines.map((one) => ({
        value: one.name,
        label: label(one.label, one.name),
        n: counts.get(one.name) ?? 0,
      }))}
      optionRender={({ data }) => (
        <span className={styles.option}>
          {data.label}
          <span className={styles.n}>{f.number(data.n)}</span>
        </span>
      )}
    />
  );
}

function Rows({ list }: { list: List }) {
  const phone = usePhone();
  const query = useMemo(() => tableQuery(list), [list]);
  const found = useInfiniteQuery(listOptions(list.object.name, query));
  const rows = useMemo(() => rowsOf(found.data), [found.data]);
  const first = found.data?.pages[0];
  const count = first?.count ?? first?.count_estimate;
  const exact = first?.count !== undefined;
  const selection = useSelection(rows);
  // Another filter shows other records: what was chosen before is gone from sight.
  const scope = JSON.stringify([list.object.name, viewKey(list.view), list.filter, list.q]);
  const { clear } = selection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scope decides
  useEffect(() => clear(), [scope, clear]);

  if (found.isPending) return <SkeletonRows rows={16} height={phone ? 68 : 36} />;
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={found.refetch} />;
  if (rows.length === 0) return <NoRows list={list} />;
  const Body = phone ? Cards : Table;
  return (
    <>
      <Body
        list={list}
        rows={rows}
        count={count}
        exact={exact}
        selection={selection}
        more={found.hasNextPage}
        loadMore={() => !found.isFetchingNextPage && void found.fetchNextPage()}
      />
      {selection.size > 0 && <BulkBar list={list} selection={selection} count={count} exact={exact} />}
    </>
  );
}

export interface BodyProps {
  list: List;
  rows: RecordData[];
  count: number | undefined;
  exact: boolean;
  selection: Selection;
  more: boolean;
  loadMore: () => void;
}

/** New records made in a list fit what it shows, where its conditions are simple. */
export function valuesOf(filter: Filter | null): Record<string, unknown> {
  const parts = !filter ? [] : "and" in filter ? filter.and : [filter];
  const values: Record<string, unknown> = {};
  for (const part of parts) {
    if (!("field" in part) || part.op !== "eq" || part.field.includes(".")) continue;
    if (typeof part.value === "string" && !part.value.startsWith("$")) values[part.field] = part.value;
  }
  return values;
}

export function useCreateHere(list: List): ((values?: Record<string, unknown>) => void) | undefined {
  const create = useCreate();
  const navigate = useNavigate();
  const { name } = list.object;
  if (!list.object.can.create) return undefined;
  return (values) =>
    create({
      object: name,
      values: { ...valuesOf(list.filter), ...values },
      onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: name, id } }),
    });
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
      {object.can.import && !phone && (
        <ButtonLink to="/import/$object" params={{ object: object.name }} type="text" icon={<Upload />}>
          {t("list.import")}
        </ButtonLink>
      )}
      {object.can.export && !phone && <ExportButton list={list} />}
      {create && !phone && (
        <Button type="primary" icon={<Plus />} onClick={() => create()}>
          {t("shell.create.one", { object: one })}
        </Button>
      )}
      {create && phone && (
        <button
          type="button"
          className={styles.fab}
          aria-label={t("shell.create.one", { object: one })}
          onClick={() => create()}
        >
          <Plus />
        </button>
      )}
    </>
  );
}

export const FORMATS = ["xlsx", "csv", "jsonl"] as const;

/** Sends the list as it stands, or the chosen records of it, to a file. */
export function useExport(list: List): (format: string, ids?: string[]) => Promise<void> {
  const t = useT();
  const toast = useToast();
  return async (format, ids) => {
    toast({ text: t("list.export.running") });
    try {
      await api.download(
        "/exports",
        ids
          ? {
              object: list.object.name,
              format,
              filter: { field: "id", op: "in", value: ids },
              sort: list.sort || undefined,
            }
          : {
              object: list.object.name,
              format,
              filter: list.filter ?? undefined,
              sort: list.sort || undefined,
              q: list.q || undefined,
            },
        `${list.object.name}.${format}`,
      );
    } catch (reason) {
      toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" });
    }
  };
}

function ExportButton({ list }: { list: List }) {
  const t = useT();
  const run = useExport(list);
  return (
    <Dropdown
      menu={{
        items: FORMATS.map((format) => ({ key: format, label: t(`list.export.${format}`) })),
        onClick: ({ key }) => void run(key),
      }}
    >
      <Button type="text" icon={<Download />}>
        {t("list.export")}
      </Button>
    </Dropdown>
  );
}

/** Why nothing is here, and the way out of it. */
export function NoRows({ list }: { list: List }) {
  const t = useT();
  const create = useCreateHere(list);
  const { object } = list;
  const { one, many: plural } = useNouns(object);
  const narrowed = list.filter !== null || list.q !== "";
  const make = create && (
    <Button type={narrowed ? "default" : "primary"} icon={<Plus />} onClick={() => create()}>
      {t("shell.create.one", { object: one })}
    </Button>
  );
  if (list.q) {
    return (
      <Empty
        title={t("list.empty.search", { q: list.q, objects: plural })}
        text={t("list.empty.search.text")}
        action={
          <Button type="primary" onClick={() => list.set({ q: undefined })}>
            {t("list.empty.search.clear")}
          </Button>
        }
      />
    );
  }
  if (narrowed) {
    return (
      <Empty
        title={t("list.empty.view", { objects: plural })}
        text={t("list.empty.view.text", { objects: plural })}
        action={
          <>
            <Button type="primary" onClick={() => list.set({ filter: null })}>
              {t("list.empty.view.clear")}
            </Button>
            {make}
          </>
        }
      />
    );
  }
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
