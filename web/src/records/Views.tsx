/** Views as tabs; table or board; columns; saving what was changed. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Columns3, MoreHorizontal, RotateCcw, SquareKanban, Table2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { api } from "../api/client";
import { fetchPage, keys, useCatalog, useRefreshCatalog } from "../api/queries";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import type { View } from "../schema/catalog";
import { Button, cx, Dropdown, IconButton, Popover, Tooltip, useToast } from "../ui";
import { boardFields, isView, type List } from "./list";
import styles from "./list.module.css";
import { viewKey, viewsOf } from "./state";

export function ViewTabs({ list }: { list: List }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const views = viewsOf(list.object);
  const boards = boardFields(catalog, list.object).length > 0;
  return (
    <div className={styles.tabs}>
      <nav className={styles.tabList} aria-label={t("list.views")}>
        {views.map((view) => (
          <Link
            key={viewKey(view)}
            to="/o/$object"
            params={{ object: list.object.name }}
            search={{ view: viewKey(view) }}
            className={cx(styles.tab, isView(list, view) && styles.tabOn)}
            aria-current={isView(list, view) ? "page" : undefined}
          >
            {label(view.label, view.name)}
            <ViewCount list={list} view={view} />
          </Link>
        ))}
        {list.view.id && <ViewMenu list={list} />}
      </nav>
      {boards && <KindSwitch list={list} />}
    </div>
  );
}

const KINDS = { table: Table2, board: SquareKanban } as const;

/** The same records as a table or as a board; the one in force says its name. */
function KindSwitch({ list }: { list: List }) {
  const t = useT();
  const own = list.view.kind === "board" ? "board" : "table";
  return (
    <div className={styles.kinds} role="group" aria-label={t("list.kind")}>
      {(["table", "board"] as const).map((kind) => {
        const Glyph = KINDS[kind];
        const on = list.kind === kind;
        return (
          <Tooltip key={kind} title={on ? "" : t(`list.${kind}`)}>
            <button
              type="button"
              aria-pressed={on}
              aria-label={t(`list.${kind}`)}
              onClick={() => list.set({ kind: kind === own ? undefined : kind })}
            >
              <Glyph />
              {on && <span>{t(`list.${kind}`)}</span>}
            </button>
          </Tooltip>
        );
      })}
    </div>
  );
}

/** How many a view holds; asked once the list itself is there, exact up to the server's bound. */
function ViewCount({ list, view }: { list: List; view: View }) {
  const f = useFormat();
  const query = { filter: view.filter, fields: ["id"], limit: 1, include: "count" };
  const { data } = useQuery({
    queryKey: keys.aggregate(list.object.name, { filter: view.filter, measures: [] }),
    queryFn: ({ signal }) => fetchPage(list.object.name, query, null, signal),
    staleTime: 60_000,
  });
  const count = data?.count ?? data?.count_estimate;
  return count === undefined ? null : <span className={styles.n}>{f.number(count)}</span>;
}

function useViewWrites(list: List) {
  const refresh = useRefreshCatalog();
  const toast = useToast();
  const t = useT();
  const { language } = useLanguage();
  const state = {
    kind: list.kind,
    columns: list.columns.map((column) => column.path),
    filter: list.filter,
    sort: list.sort,
    by: list.kind === "board" ? (list.by?.name ?? "") : "",
  };
  const tell = (reason: unknown) =>
    toast({ text: reason instanceof Error ? reason.message : t("shell.error.text"), tone: "danger" });
  return {
    async create(name: string, scope: string): Promise<void> {
      const { data } = await api.post<{ id: string }>("/views", {
        object: list.object.name,
        label: { [language]: name },
        scope,
        ...state,
      });
      await refresh();
      list.set({
        view: data.id,
        kind: undefined,
        filter: undefined,
        sort: undefined,
        columns: undefined,
        by: undefined,
      });
      toast({ text: t("list.view.saved", { name }) });
    },
    async update(): Promise<void> {
      try {
        await api.patch(`/views/${list.view.id}`, state);
        await refresh();
        list.reset();
        toast({ text: t("list.view.updated") });
      } catch (reason) {
        tell(reason);
      }
    },
    async remove(): Promise<void> {
      try {
        await api.del(`/views/${list.view.id}`);
        list.set({ view: undefined });
        await refresh();
      } catch (reason) {
        tell(reason);
      }
    },
  };
}

function ViewMenu({ list }: { list: List }) {
  const t = useT();
  const { remove } = useViewWrites(list);
  return (
    <Dropdown
      menu={{ items: [{ key: "remove", label: t("list.view.remove"), danger: true }], onClick: () => void remove() }}
    >
      <IconButton small icon={<MoreHorizontal />} label={t("list.view.menu")} />
    </Dropdown>
  );
}

/** Save what differs from the view, or go back to it. */
export function SaveView({ list }: { list: List }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const { create, update } = useViewWrites(list);
  if (!list.changed) return null;
  const own = list.view.id !== null;
  return (
    <>
      <IconButton small icon={<RotateCcw />} label={t("list.view.reset")} onClick={list.reset} />
      {own ? (
        <>
          <Button size="small" onClick={() => void update()}>
            {t("list.view.save")}
          </Button>
          <Button size="small" type="text" onClick={() => setOpen(true)}>
            {t("list.view.save.new")}
          </Button>
        </>
      ) : (
        <Button size="small" onClick={() => setOpen(true)}>
          {t("list.view.save")}
        </Button>
      )}
      {open && (
        <Suspense>
          <SaveDialog create={create} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

const SaveDialog = lazy(() => import("./SaveDialog"));
const ColumnChooser = lazy(() => import("./ColumnChooser"));

/** Which columns, in which order. */
export function ColumnsButton({ list }: { list: List }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      content={
        <Suspense>
          <ColumnChooser list={list} />
        </Suspense>
      }
    >
      <button type="button" className={styles.tool} aria-expanded={open}>
        <Columns3 />
        {t("list.columns")}
      </button>
    </Popover>
  );
}
