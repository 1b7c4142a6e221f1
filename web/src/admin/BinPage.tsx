/** The recycle bin: what was deleted, by whom, and the way back. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { api } from "../api/client";
import { fetchPage, keys, listOptions, rowsOf, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useLabel, useNouns, useT } from "../i18n";
import { FilterSentence } from "../records/FilterBar";
import { readListSearch } from "../records/state";
import {
  type Field,
  type FieldTypeDef,
  looseField,
  type ObjectDef,
  type RecordData,
  type Ref,
  titleOf,
} from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Button, ButtonLink, Empty, ErrorState, Nothing, Page, SkeletonRows, TabsToCome, Tick, useToast } from "../ui";
import { RecordLink } from "../ui/RecordLink";
import styles from "./admin.module.css";
import { Answered, DataTable, Find, TabBar, When } from "./Table";

interface BatchAnswer {
  results: { status: number; errors?: { message: string }[] }[];
  change_set: string | null;
}

interface Gone {
  id: string;
  into: Ref | null;
}

export default function BinPage() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const objects = catalog.objects.filter((object) => object.can.delete);
  const asked = useSearch({ strict: false, select: (search) => (search as { object?: string }).object });
  const counts = useQueries({
    queries: objects.map((object) => ({
      queryKey: [...keys.records(object.name), "bin-count"],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        fetchPage(object.name, { bin: true, fields: ["id"], limit: 1, include: "count" }, null, signal),
      staleTime: 15_000,
    })),
  });
  const n = (at: number) => counts[at]?.data?.count ?? counts[at]?.data?.count_estimate ?? 0;
  const settled = counts.every((one) => !one.isPending);
  const filled = objects.filter((object, at) => n(at) > 0 || object.name === asked);
  const object = catalog.object(asked) ?? filled[0];
  const failed = counts.find((one) => one.error)?.error;
  return (
    <Page
      title={t("shell.bin")}
      bar={
        filled.length > 0 ? (
          <TabBar
            label={t("shell.bin")}
            at={object?.name}
            tabs={filled.map((one) => ({
              name: one.name,
              text: label(one.plural, one.name),
              small: n(objects.indexOf(one)),
              to: { to: "/bin", search: { object: one.name } },
            }))}
          />
        ) : (
          !settled && <TabsToCome />
        )
      }
    >
      {object ? (
        <Deleted key={object.name} object={object} />
      ) : failed ? (
        <ErrorState error={failed} retry={() => counts.forEach((one) => void one.refetch())} />
      ) : settled ? (
        <Nothing of="admin.bin.empty" />
      ) : (
        <SkeletonRows />
      )}
    </Page>
  );
}

/** What the bin knows of a record besides its own fields. */
function binFields(types: FieldTypeDef[], words: { who: string; when: string }): Field[] {
  const known = (name: string, type: string, text: string, target?: string) =>
    looseField({
      readonly: true,
      system: true,
      sortable: true,
      name,
      type,
      label: { en: text, zh: text },
      ...(target && { target }),
      operators: types.find((one) => one.name === type)?.operators ?? [],
    });
  return [known("deleted_by", "user", words.who, "user"), known("deleted_at", "datetime", words.when)];
}

function Deleted({ object }: { object: ObjectDef }) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const undo = useUndo();
  const { many } = useNouns(object);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [busy, setBusy] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const q = useDeferredValue(typed.trim());
  const filter = useSearch({ strict: false, select: (search) => readListSearch(search).filter ?? null });
  const narrowed = (next: Filter | null) => {
    setChosen(new Set());
    void navigate({ to: "/bin", search: { object: object.name, ...(next && { filter: next }) } as never });
  };
  const { types } = useCatalog();
  const known = useMemo(
    () => ({ ...object, fields: binFields(types, { who: t("admin.bin.by"), when: t("admin.bin.when") }) }),
    [object, types, t],
  );
  const found = useInfiniteQuery({
    ...listOptions(object.name, {
      bin: true,
      q,
      filter,
      sort: "-deleted_at",
      limit: 100,
      fields: [object.title, ...object.subtitle],
    }),
    placeholderData: keepPreviousData,
  });
  const rows = rowsOf(found.data);
  // Those that went into others come back by being taken out of them.
  const gone = useQueries({
    queries: (found.data?.pages ?? []).map(({ data }) => ({
      queryKey: [...keys.records(object.name), "merged", data.map(({ id }) => id)],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<{ data: Gone[] }>(
          `/records/${object.name}/merged`,
          { ids: data.map(({ id }) => id).join(",") },
          signal,
        ),
      enabled: data.length > 0,
    })),
  });
  const merged = new Map(gone.flatMap((one) => one.data?.data ?? []).map((one) => [one.id, one]));
  const nameOf = (row: RecordData) => titleOf(object, row) || t("admin.bin.untitled");
  const restore = async (records: RecordData[]) => {
    const [first] = records;
    if (!first || busy) return;
    setBusy(records.length > 1 ? "many" : first.id);
    try {
      const { data } = await api.post<BatchAnswer>(`/records/${object.name}/batch`, {
        operations: records.map((record) => ({ op: "restore", id: record.id })),
        atomic: false,
      });
      const failed = data.results.filter((result) => result.status >= 400);
      const back = data.change_set;
      const one = records.length === 1;
      const n = records.length - failed.length;
      if (n && back)
        toast({
          text: one ? t("admin.bin.restored.one", { title: titleOf(object, first) }) : t("admin.bin.restored", { n }),
          action: one
            ? {
                label: t("admin.bin.open"),
                run: () => void navigate({ to: "/o/$object/$id", params: { object: object.name, id: first.id } }),
              }
            : undefined,
          undo: () => undo(back),
        });
      if (failed[0]) toast({ text: failed[0].errors?.[0]?.message ?? t("shell.error.text"), tone: "warn" });
      setChosen(new Set());
      await touchRecords(client);
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setBusy(null);
    }
  };
  const own = rows.filter((row) => !merged.has(row.id));
  const all = own.length > 0 && own.length === chosen.size;
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      {chosen.size > 0 && (
        <div className={styles.bulk} role="toolbar" aria-label={t("admin.bin.chosen", { n: chosen.size })}>
          <b>{t("admin.bin.chosen", { n: chosen.size })}</b>
          <span className="spring" />
          <Button size="small" onClick={() => setChosen(new Set())}>
            {t("shell.cancel")}
          </Button>
          <Button
            size="small"
            type="primary"
            icon={<RotateCcw />}
            loading={busy === "many"}
            onClick={() => void restore(rows.filter((row) => chosen.has(row.id)))}
          >
            {t("admin.bin.restore.n", { n: chosen.size })}
          </Button>
        </div>
      )}
      <div className={styles.bar}>
        <FilterSentence object={known} filter={filter} own={null} onChange={narrowed} />
        <span className="spring" />
        <Find
          label={t("admin.bin.find")}
          value={typed}
          onChange={(text) => {
            setTyped(text);
            setChosen(new Set());
          }}
        />
      </div>
      <div className={styles.body}>
        <Answered
          of={found}
          empty={
            rows.length === 0 && (
              <Empty
                title={t(filter ? "admin.bin.narrow" : q ? "admin.bin.unfound" : "admin.bin.none", {
                  objects: many,
                  q,
                })}
                text={t("admin.bin.empty.text")}
                action={filter && <Button onClick={() => narrowed(null)}>{t("admin.bin.wide")}</Button>}
              />
            )
          }
        >
          <DataTable
            rows={rows}
            name={(row) => row.id}
            chosen={(row) => chosen.has(row.id)}
            columns={[
              {
                head: (
                  <Tick
                    label={t("admin.bin.all")}
                    checked={all}
                    some={chosen.size > 0 && !all}
                    onToggle={() => setChosen(all ? new Set() : new Set(own.map((row) => row.id)))}
                  />
                ),
                tight: true,
                cell: (row) =>
                  !merged.has(row.id) && (
                    <Tick
                      label={t("admin.bin.choose", { title: nameOf(row) })}
                      checked={chosen.has(row.id)}
                      onToggle={() => toggle(row.id)}
                    />
                  ),
              },
              {
                head: label(object.label, object.name),
                cell: (row) => {
                  const into = merged.get(row.id)?.into;
                  return (
                    <>
                      <bdi className={styles.strong}>{nameOf(row)}</bdi>
                      {merged.has(row.id) && (
                        <span className={styles.second}>
                          {" "}
                          {t(into ? "admin.bin.into" : "admin.bin.into.other")}{" "}
                          {into && (
                            <RecordLink object={object.name} id={into.id}>
                              {into.title}
                            </RecordLink>
                          )}
                        </span>
                      )}
                    </>
                  );
                },
              },
              {
                head: t("admin.bin.when"),
                soft: true,
                cell: (row) => <When at={String(row.deleted_at)} />,
              },
              {
                head: t("admin.bin.who"),
                soft: true,
                hide: "phone",
                cell: (row) => (row.deleted_by as Ref | null)?.title,
              },
              {
                head: t("admin.col.acts"),
                acts: true,
                cell: (row) => {
                  const into = merged.get(row.id)?.into;
                  if (into)
                    return (
                      <ButtonLink to="/apart/$object/$id" params={{ object: object.name, id: into.id }} size="small">
                        {t("merge.apart")}
                      </ButtonLink>
                    );
                  return merged.has(row.id) ? null : (
                    <Button
                      size="small"
                      icon={<RotateCcw />}
                      loading={busy === row.id}
                      onClick={() => void restore([row])}
                      aria-label={t("admin.bin.restore.this", { title: nameOf(row) })}
                    >
                      {t("admin.restore")}
                    </Button>
                  );
                },
              },
            ]}
          />
        </Answered>
      </div>
    </>
  );
}
