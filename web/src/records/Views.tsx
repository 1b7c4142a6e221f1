/** Views as tabs, each with what it holds; how the records are shown; keeping what was changed. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  CalendarDays,
  ChartColumn,
  Check,
  Flag,
  LayoutGrid,
  MoreHorizontal,
  PenLine,
  Plus,
  RotateCcw,
  SquareKanban,
  Table2,
  Trash2,
  Users,
} from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { fetchPage, keys, useArrived, useCatalog, useRefreshCatalog } from "../api/queries";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import { part } from "../renew";
import type { Me, View } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { useStarts } from "../shell/pins";
import { Button, cx, Dropdown, IconButton, Tally, usePhone, useRefusal, useToast } from "../ui";
import { useAsked } from "./ahead";
import { isView, type List } from "./list";
import styles from "./list.module.css";
import { type Kind, OWN, viewKey, viewsOf } from "./state";

const ViewDialog = part(() => import("./ViewDialog"));

export function ViewTabs({ list }: { list: List }) {
  const t = useT();
  const label = useLabel();
  const [naming, setNaming] = useState(false);
  const strip = useRef<HTMLElement>(null);
  const current = viewKey(list.view);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab comes into sight
  useEffect(() => {
    // With the frame that lays the screen out anyway.
    const frame = requestAnimationFrame(() =>
      strip.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [current]);
  // Somebody else took away what one stands in, or a link is older than that; whoever does it themselves is on the way out.
  const gone = useAsked(({ view }) => (view?.includes("-") && view !== current ? view : undefined));
  const toast = useToast();
  const leave = useRef(() => {});
  leave.current = () => {
    toast({ text: t("list.view.gone") });
    list.set({ view: undefined }, true);
  };
  useEffect(() => {
    if (!gone) return;
    const timer = setTimeout(() => leave.current(), 500);
    return () => clearTimeout(timer);
  }, [gone]);
  return (
    <div className={styles.tabs}>
      <nav className={cx("sideways", styles.tabList)} aria-label={t("list.views")} ref={strip}>
        {viewsOf(list.object).map((view) => (
          <Link
            key={viewKey(view)}
            to="/o/$object"
            params={{ object: list.object.name }}
            search={{ view: viewKey(view) }}
            className={cx(styles.tab, isView(list, view) && styles.tabOn)}
            aria-current={isView(list, view) ? "page" : undefined}
          >
            {label(view.label, view.name)}
            <Tally className={styles.n}>
              <Count list={list} filter={view.filter} />
            </Tally>
            {isView(list, view) && list.changed && (
              <span className={styles.changed} role="img" aria-label={t("list.view.changed")} />
            )}
          </Link>
        ))}
        <ViewMenu list={list} />
        <IconButton small icon={<Plus />} label={t("list.view.add")} onClick={() => setNaming(true)} />
      </nav>
      {list.kinds.length > 1 && <KindSwitch list={list} />}
      {naming && <Naming list={list} onClose={() => setNaming(false)} />}
    </div>
  );
}

const GLYPHS = {
  table: Table2,
  board: SquareKanban,
  calendar: CalendarDays,
  gallery: LayoutGrid,
  chart: ChartColumn,
} as const;

/** The same records as a table, a board, a calendar, a gallery or a chart; the one in force says its name. */
function KindSwitch({ list }: { list: List }) {
  const t = useT();
  const phone = usePhone();
  // What is there already keeps what it was arranged by.
  const show = (kind: Kind) =>
    kind !== list.kind && list.set({ kind: kind === list.view.kind ? undefined : kind, by: undefined });
  if (phone) {
    const Current = GLYPHS[list.kind];
    return (
      <Dropdown
        placement="bottomRight"
        menu={{
          selectedKeys: [list.kind],
          items: list.kinds.map((kind) => ({ key: kind, label: t(`list.${kind}`), onClick: () => show(kind) })),
        }}
      >
        <IconButton icon={<Current />} label={`${t("list.kind")}: ${t(`list.${list.kind}`)}`} />
      </Dropdown>
    );
  }
  return (
    <div className={styles.kinds} role="group" aria-label={t("list.kind")}>
      {list.kinds.map((kind) => {
        const Glyph = GLYPHS[kind];
        const on = list.kind === kind;
        return (
          <button
            key={kind}
            type="button"
            aria-pressed={on}
            aria-label={t(`list.${kind}`)}
            data-tip={on ? undefined : t(`list.${kind}`)}
            onClick={() => show(kind)}
          >
            <Glyph />
            {on && <span>{t(`list.${kind}`)}</span>}
          </button>
        );
      })}
    </div>
  );
}

/** How many a filter finds; asked once the list itself is there, exact up to the server's bound. */
export function Count({ list, filter }: { list: List; filter: Filter | null }) {
  const f = useFormat();
  const enabled = useArrived();
  const { object } = list;
  const where = { filter, archived: list.archived, as_of: list.moment };
  const { data } = useQuery({
    enabled,
    queryKey: keys.aggregate(object.name, { ...where, measures: [] }),
    queryFn: ({ signal }) =>
      fetchPage(object.name, { ...where, fields: ["id"], limit: 1, include: "count" }, null, signal),
    staleTime: 60_000,
  });
  return data ? f.count(data.count, data.count_estimate) : null;
}

/** Who may share views with everybody, or with any team. */
const mayShare = (me: Me): boolean => me.can.includes("catalog") || me.can.includes("settings");

/** Only one's own, everybody's, or a team's. */
const sharing = (whose: string) =>
  whose === "personal" || whose === "shared" ? { scope: whose } : { scope: "team", team: whose };

function useViewWrites(list: List) {
  const refresh = useRefreshCatalog();
  const toast = useToast();
  const refuse = useRefusal();
  const t = useT();
  const { language } = useLanguage();
  const label = useLabel();
  const { view } = list;
  const definition = {
    kind: list.kind,
    columns: list.columns.map((column) => column.path),
    filter: list.filter,
    sort: list.sort,
    group: list.group?.path ?? "",
    by: list.kind === "table" ? (view.by ?? "") : (list.by?.path ?? ""),
    sum: list.sum?.name ?? "",
    card: view.card,
    look: list.look,
  };
  const open = (key: string | undefined) =>
    list.set({ ...Object.fromEntries(OWN.map((name) => [name, undefined])), kind: undefined, view: key });
  const change = async (act: () => Promise<unknown>, text?: string) => {
    try {
      await act();
      await refresh();
      if (text) toast({ text });
    } catch (reason) {
      refuse(reason);
    }
  };
  const post = async (body: object) => (await api.make<{ id: string }>("/views", body)).data.id;
  return {
    /** What the views are called that stand beside one. */
    called: (one?: View) =>
      viewsOf(list.object).flatMap((other) => (other === one ? [] : label(other.label, other.name))),
    create: async (name: string, whose: string): Promise<void> => {
      const id = await post({
        object: list.object.name,
        label: { [language]: name },
        ...sharing(whose),
        ...definition,
      });
      await refresh();
      open(id);
      toast({ text: t("list.view.saved", { name }) });
    },
    rename: async (name: string, whose: string): Promise<void> => {
      await api.patch(`/views/${view.id}`, { label: { ...view.label, [language]: name }, ...sharing(whose) });
      await refresh();
    },
    update: () =>
      change(async () => {
        await api.patch(`/views/${view.id}`, definition);
        list.reset();
      }, t("list.view.updated")),
    setFirst: (first: boolean) => change(() => api.patch(`/views/${view.id}`, { first })),
    remove: () =>
      change(async () => {
        await api.del(`/views/${view.id}`);
        open(undefined);
        const { id: _, name: __, mine: ___, ...kept } = view;
        const again = () => change(() => post({ ...kept, object: list.object.name }));
        toast({ text: t("list.view.removed"), undo: again });
      }),
  };
}

function ViewMenu({ list }: { list: List }) {
  const t = useT();
  const { setFirst, remove } = useViewWrites(list);
  const [naming, setNaming] = useState(false);
  const { starts, begin } = useStarts();
  const { view, object } = list;
  const start = starts[object.name] === viewKey(view);
  return (
    <>
      <Dropdown
        menu={{
          items: [
            {
              key: "start",
              icon: start ? <Check /> : <Flag />,
              label: t(start ? "list.view.notStart" : "list.view.start"),
              onClick: () => begin(object.name, start ? undefined : viewKey(view)),
            },
            ...(view.mine
              ? [
                  ...(view.scope !== "personal"
                    ? [
                        {
                          key: "first",
                          icon: view.first ? <Check /> : <Users />,
                          label: t(
                            `list.view.${view.first ? "notFirst" : "first"}${view.scope === "team" ? ".team" : ""}`,
                          ),
                          onClick: () => void setFirst(!view.first),
                        },
                      ]
                    : []),
                  { key: "rename", icon: <PenLine />, label: t("list.view.rename"), onClick: () => setNaming(true) },
                  { type: "divider" as const },
                  {
                    key: "remove",
                    icon: <Trash2 />,
                    label: t("list.view.remove"),
                    danger: true,
                    onClick: () => void remove(),
                  },
                ]
              : []),
          ],
        }}
      >
        <IconButton small icon={<MoreHorizontal />} label={t("list.view.menu")} />
      </Dropdown>
      {naming && <Naming list={list} view={view} onClose={() => setNaming(false)} />}
    </>
  );
}

/** What a new view, or one that there is, is to be called, and whose it is. */
function Naming({ list, view, onClose }: { list: List; view?: View; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const { create, rename, called } = useViewWrites(list);
  return (
    <Suspense>
      <ViewDialog
        title={t(view ? "list.view.rename" : "list.view.save.title")}
        name={view && label(view.label, "")}
        whose={view && (view.team ?? view.scope)}
        others={called(view)}
        shares={mayShare(useCatalog().me)}
        teams
        onSave={view ? rename : create}
        onClose={onClose}
      />
    </Suspense>
  );
}

/** Save what differs from the view, or go back to it. */
export function SaveView({ list }: { list: List }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const { update } = useViewWrites(list);
  if (!list.changed) return null;
  const own = list.view.mine;
  return (
    <>
      <IconButton small icon={<RotateCcw />} label={t("list.view.reset")} onClick={list.reset} />
      {own && (
        <Button size="small" onClick={() => void update()}>
          {t("list.view.save")}
        </Button>
      )}
      <Button size="small" type={own ? "text" : undefined} onClick={() => setOpen(true)}>
        {t(own ? "list.view.save.new" : "list.view.save")}
      </Button>
      {open && <Naming list={list} onClose={() => setOpen(false)} />}
    </>
  );
}
