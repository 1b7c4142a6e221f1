/** What belongs to a record: each kind with its count and sum, the first few, and a way to add one. */
import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Fragment } from "react";
import { api } from "../api/client";
import { keys, type Page, useCatalog } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import { useT } from "../i18n";
import { type Catalog, type Field, type ObjectDef, type RecordData, type Related, titleOf } from "../schema/catalog";
import { stateOf } from "../schema/state";
import { useCreate } from "../shell/create";
import { Avatar, Button, cx, ErrorState, Icon, IconButton, useLate, usePhone } from "../ui";
import { pipelineField } from "./columns";
import { gathered } from "./gathered";
import styles from "./RelatedLists.module.css";
import { sumsOf } from "./sums";

const SHOWN = 5;

const ask = gathered<Record<string, unknown>, Page>(
  async (path, lists, signal) => (await api.read<{ data: Record<string, Page> }>(path, { lists }, signal)).data,
);

/** The related lists that a layout shows; without a choice all of them, but what the timeline shows anyway. */
export function relatedOf(object: ObjectDef, catalog: Catalog): Related[] {
  const all = object.related.filter((one) => {
    const target = catalog.object(one.object);
    return target?.can.read && target.fields.some((field) => field.name === one.field);
  });
  const chosen = object.layout.related
    .map((name) => all.find((one) => one.name === name))
    .filter((one): one is Related => one !== undefined);
  const others = (one: Related) => catalog.object(one.object)?.area && !catalog.object(one.object)?.activity;
  return chosen.length ? chosen : all.filter(others);
}

/** The two facts that stand beside a related record's title: its state, then when it was done, a date or an amount. */
function besides(target: ObjectDef, back: string): { state: Field | null; fact: Field | null } {
  const tables = target.views.filter((one) => one.kind === "table");
  // One of all of them tells more than one of those in a certain state.
  const view = tables.find((one) => !one.filter) ?? tables[0];
  const order = [...(view?.columns ?? []), ...target.subtitle];
  const fields = order
    .map((name) => target.fields.find((field) => field.name === name))
    .filter(
      (field): field is Field =>
        field !== undefined &&
        field.name !== target.title &&
        field.name !== back &&
        field.name !== target.owner &&
        !field.system,
    );
  const moment = fields.find((field) => field.name === target.moment);
  const isState = (field: Field) => field.options.length > 0 || field.type === "stage";
  return {
    state: fields.find((field) => field.name === stateOf(target)?.name) ?? fields.find(isState) ?? null,
    fact:
      (target.activity ? moment : undefined) ??
      fields.find((field) => field.type === "date") ??
      fields.find((field) => field.aggregates.includes("sum") && field.type !== "percent") ??
      moment ??
      fields.find((field) => !isState(field) && !field.target) ??
      fields.find((field) => !isState(field)) ??
      null,
  };
}

/** The amount that a related list sums up: the one that its board sums, or the first that can be. */
export const sumField = (target: ObjectDef): Field | undefined => {
  const named = target.views.find((one) => one.sum)?.sum;
  return (
    target.fields.find((field) => field.name === named) ??
    target.fields.find((field) => field.type === "money" && !field.of)
  );
};

/** What is asked about one list of a record, and how its rows are drawn. */
export function asked(object: ObjectDef, id: string, related: Related, target: ObjectDef | undefined) {
  const sum = target && sumField(target);
  const { state, fact } = target ? besides(target, related.field) : { state: null, fact: null };
  const names = target
    ? [
        target.title,
        state?.name,
        state?.type === "stage" && pipelineField(target),
        fact?.name,
        fact && `${fact.name}_currency`,
        ...target.subtitle,
      ]
    : [];
  const known = new Set(target?.fields.map((field) => field.name));
  const fields = [...new Set(names.filter((name): name is string => Boolean(name) && known.has(name as string)))];
  const query = queryOptions({
    queryKey: keys.related(object.name, id, related.name),
    queryFn: ({ signal }) =>
      ask(
        `/records/${object.name}/${id}/related`,
        related.name,
        {
          limit: SHOWN,
          // What is in the archive belongs to it too, and is marked.
          archived: "with",
          fields,
          sort: "-updated_at",
          include: sum ? ["count", "totals"] : ["count"],
          totals: sum?.name,
        },
        signal,
      ),
    enabled: target !== undefined,
    staleTime: 15_000,
  });
  return { query, sum, state, fact };
}

export function useRelated(object: ObjectDef, record: RecordData, related: Related) {
  const target = useCatalog().object(related.object);
  const { query, ...shown } = asked(object, record.id, related, target);
  return { ...useQuery(query), target, ...shown };
}

/** All of them are asked for at once; each is drawn when those above it are there, so that none is pushed down. */
export function RelatedLists({ object, record, related }: Omit<RelatedListProps, "related"> & { related: Related[] }) {
  const t = useT();
  const catalog = useCatalog();
  const found = useQueries({
    queries: related.map((one) => asked(object, record.id, one, catalog.object(one.object)).query),
  });
  const coming = found.findIndex((one) => one.isLoading && !one.isFetched);
  if (coming === 0) return <SummedUp />;
  const failed = found.filter((one) => one.isLoadingError);
  // Asked for in one request they fail together: that is said once.
  if (failed.length > 1 && failed.length === found.filter((one) => one.isFetched).length)
    return (
      <ErrorState
        error={failed[0]?.error}
        title={t("shell.error.part", { part: t("record.related") })}
        retry={() => void Promise.all(failed.map((one) => one.refetch()))}
        small
      />
    );
  return related
    .slice(0, coming < 0 ? related.length : coming)
    .map((one) => <RelatedList key={one.name} object={object} record={record} related={one} />);
}

/** What stands where such lists, and what is summed up above them, will be. */
export function SummedUp() {
  const t = useT();
  const late = useLate();
  return (
    <div role="status" aria-busy="true" aria-label={t("shell.loading")}>
      {late &&
        [3, 4, 2].map((rows) => (
          <div key={rows} className={cx(styles.list, styles.bones)}>
            <i />
            {[58, 72, 46, 64].slice(0, rows).map((share) => (
              <i key={share} style={{ width: `${share}%` }} />
            ))}
          </div>
        ))}
    </div>
  );
}

interface RelatedListProps {
  object: ObjectDef;
  record: RecordData;
  related: Related;
}

export function RelatedList({ object, record, related }: RelatedListProps) {
  const t = useT();
  const ctx = useFormatContext();
  const create = useCreate();
  const { data, isLoadingError, error, refetch, target, sum, state, fact } = useRelated(object, record, related);
  const phone = usePhone();
  if (!target) return null;
  const many = data && ctx.f.count(data.count, data.count_estimate);
  const figures = sum ? sumsOf(data?.totals, sum.name, ctx) : [];
  const label = ctx.label(related.label) || ctx.label(target.plural, target.name);
  const filter = { field: related.field, op: "eq", value: record.id };
  const search = { view: "all", filter } as never;
  const add = {
    label: t("record.add", { object: ctx.label(target.label, target.name) }),
    onClick: () =>
      create({
        object: target.name,
        values: { [related.field]: { object: object.name, id: record.id, title: titleOf(object, record) } },
      }),
  };
  const can = target.can.create && !record.archived_at;
  // Alone on its tab, with nothing in it, it says in words what to do.
  const offered = phone && can && data?.data.length === 0;
  return (
    <section className={styles.list} aria-label={label}>
      <header>
        <Icon name={target.icon} size={14} />
        <h2>
          <Link to="/o/$object" params={{ object: target.name }} search={search}>
            {label}
          </Link>
        </h2>
        <span className={styles.count}>{many}</span>
        <span className="spring" />
        {sum && figures.length > 0 && (
          <span
            className={styles.sum}
            title={`${ctx.label(sum.label)} ${figures.map((figure) => figure.exact).join(" + ")}`}
          >
            {figures.map((figure, at) => (
              <Fragment key={figure.exact}>
                {at > 0 && " + "}
                {figure.text}
                {figure.unit && <span className="unit">{figure.unit}</span>}
              </Fragment>
            ))}
          </span>
        )}
        {can && !offered && <IconButton small icon={<Plus />} {...add} />}
      </header>
      {isLoadingError && <ErrorState error={error} retry={() => void refetch()} small />}
      <ul>
        {data?.data.map((row) => {
          const title = titleOf(target, row) || ctx.label(target.label);
          const StateCell = state && twin(state).Cell;
          return (
            <li key={row.id}>
              <Link to="/o/$object/$id" params={{ object: target.name, id: row.id }} className={styles.row}>
                {target.fields.some((field) => field.name === target.title && field.type === "person") && (
                  <Avatar name={title} id={row.id} />
                )}
                <span className={styles.title} dir="auto">
                  {title}
                </span>
                {row.archived_at ? <span className={styles.fact}>{t("list.archived.mark")}</span> : null}
                {state && StateCell && !isEmpty(row[state.name]) && (
                  <span className={styles.state}>
                    <StateCell field={state} value={row[state.name]} record={row} />
                  </span>
                )}
                {fact && !isEmpty(row[fact.name]) && (
                  <span className={styles.fact}>{twin(fact).format(row[fact.name], fact, ctx)}</span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
      {data && data.data.length === 0 && (
        <p className={styles.none} data-nothing>
          {t("record.related.none")}
        </p>
      )}
      {offered && (
        <Button icon={<Plus />} onClick={add.onClick}>
          {add.label}
        </Button>
      )}
      {many && data.next && (
        <Link to="/o/$object" params={{ object: target.name }} search={search} className={styles.all}>
          {t("record.related.all", { n: many })}
        </Link>
      )}
    </section>
  );
}
