/** One record: its head, where it stands, the facts, everything that happened, and what belongs to it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Clock, PanelRight } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactNode,
  Suspense,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { ApiError } from "../api/client";
import { did } from "../api/firsts";
import { alertsQuery, useArrived, useCatalog, useRecord } from "../api/queries";
import { useWrites } from "../api/writes";
import "../apps";
import { sendFor, slots } from "../apps/slots";
import { Panels, panelsQuery, sendForPanels } from "../circle/asked";
import { useFormat, useLabel, useT } from "../i18n";
import { arrived } from "../renew";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { useKeys } from "../shell/keys";
import { remember } from "../shell/recent";
import shell from "../shell/shell.module.css";
import { Button, cx, ErrorState, Popover, TabsToCome, Tally, useLate, useTitle, useToast } from "../ui";
import { Drawer } from "../ui/antd";
import { later } from "../ui/later";
import { useAfterPicture } from "../ui/picture";
import { Alerts } from "./Alerts";
import { activitiesOf, Composer, type ComposerHandle } from "./Composer";
import { carryDrafts } from "./FormDraft";
import { EditForm } from "./forms";
import { ArchiveBanner, asItWas, MomentChoice, PastBanner, putAway } from "./Past";
import { RecordFacts } from "./RecordFacts";
import { RecordHeader, WayBack } from "./RecordHeader";
import styles from "./RecordPage.module.css";
import { ThumbBar, ThumbBarToCome } from "./RecordReach";
import { asked, RelatedList, RelatedLists, relatedOf, SummedUp, useRelated } from "./RelatedLists";
import { StagePath } from "./StagePath";
import { Timeline, TimelineSkeleton } from "./Timeline";
import { TimelineBar } from "./TimelineBar";
import { type Shown, timelineQuery } from "./useTimeline";

const History = later(() => arrived(() => import("./History")).then((module) => module.History));
const RecordGone = later(() => arrived(() => import("./RecordGone")).then((module) => module.RecordGone));
// It comes beside the record, not after it.
sendFor("record.panel");

type Width = "phone" | "narrow" | "middle" | "wide";

const STEPS: [string, Width][] = [
  // On paper there is room for everything, one after the other.
  ["print", "wide"],
  ["(min-width: 1200px)", "wide"],
  ["(min-width: 900px)", "middle"],
  ["(min-width: 768px)", "narrow"],
];
const lists = STEPS.map(([query, width]) => [window.matchMedia(query), width] as const);

/** How much room there is: three columns, two and a drawer, one and tabs. */
function useWidth(): Width {
  return useSyncExternalStore(
    (listener) => {
      for (const [list] of lists) list.addEventListener("change", listener);
      return () => {
        for (const [list] of lists) list.removeEventListener("change", listener);
      };
    },
    () => lists.find(([list]) => list.matches)?.[1] ?? "phone",
  );
}

interface PageSearch extends Shown {
  /** Which tab, where there are tabs. */
  tab?: string;
  /** The moment of the past that is looked at. */
  moment?: string;
}

export default function RecordPage() {
  const { object: name, id } = useParams({ strict: false }) as { object: string; id: string };
  const { moment } = useSearch({ strict: false }) as PageSearch;
  const found = useCatalog().object(name);
  const object = useMemo(() => (found && moment ? asItWas(found) : found), [found, moment]);
  const record = useRecord(name, id, moment);
  const alerts = useQuery({ ...alertsQuery(name, id), enabled: Boolean(found?.watched) && !moment, retry: false });
  useAround(moment ? undefined : found, id);
  const navigate = useNavigate();
  const toast = useToast();
  // What went into another record leads there, and whoever looked at it is told.
  const at = record.data?.id;
  const merged = useT()("record.merged", { title: found && record.data ? titleOf(found, record.data) : "" });
  useEffect(() => {
    if (!at || at === id) return;
    toast({ text: merged });
    carryDrafts(id, at);
    void navigate({ to: "/o/$object/$id", params: { object: name, id: at }, replace: true });
  }, [at, id, name, navigate, merged, toast]);
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  if (record.error instanceof ApiError && record.error.status === 404)
    return <RecordGone key={id} object={object} id={id} error={record.error} />;
  if (record.isError && !record.data) return <ErrorState error={record.error} retry={() => void record.refetch()} />;
  // What failed once is asked for again by the page itself, which stands meanwhile.
  if (!record.data || (alerts.isLoading && !alerts.isFetched)) return <Skeleton object={object} />;
  const shown = record.data.archived_at ? putAway(object) : object;
  return <Loaded key={`${id} ${moment ?? ""}`} object={shown} record={record.data} />;
}

/** Asks for what stands around a record in the same moment as for the record itself: it comes with it, not after it. */
function useAround(object: ObjectDef | undefined, id: string): void {
  const client = useQueryClient();
  const catalog = useCatalog();
  const width = useWidth();
  const { tab, show, q, who, team, by } = useSearch({ strict: false }) as PageSearch;
  // As the page was opened: what is chosen on it asks for itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the record decides
  useEffect(() => {
    if (!object) return;
    const summed = width === "wide" && object.layout.panels.length > 0;
    const lists = width === "wide" || width === "phone" ? relatedOf(object, catalog) : [];
    const told = show !== "history" && (width === "wide" || width === "middle" || !tab);
    const timeline = timelineQuery(object, id, { show, q, who, team, by });
    const panels = panelsQuery(object, id);
    const related = lists.map((one) => asked(object, id, one, catalog.object(one.object)).query);
    if (told) void client.prefetchInfiniteQuery(timeline);
    if (summed) void client.prefetchQuery(panels);
    for (const query of related) void client.prefetchQuery(query);
    return () => {
      // Nobody waits for it any more, unless it is on the page.
      for (const { queryKey } of [timeline, panels, ...related])
        void client.cancelQueries({ queryKey, exact: true, type: "inactive" });
    };
  }, [client, object?.name, id]);
}

function Loaded({ object, record }: { object: ObjectDef; record: RecordData }) {
  const t = useT();
  const label = useLabel();
  const f = useFormat();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as PageSearch;
  const width = useWidth();
  const composer = useRef<ComposerHandle>(null);
  const told = useRef<HTMLElement>(null);
  const { restore } = useWrites(object.name);
  const [editing, setEditing] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const [past, setPast] = useState(false);
  const [writing, setWriting] = useState(false);
  const title = titleOf(object, record) || label(object.label, object.name);
  const related = relatedOf(object, catalog);
  const stage = object.fields.find((field) => field.type === "stage");
  // Things happen on what a company deals with, not on how the program is set up.
  const dealt = object.custom || (object.area !== "" && object.area !== "settings");
  const archived = Boolean(record.archived_at);
  const writes = !search.moment && !archived && !object.activity && dealt && activitiesOf(catalog.objects).length > 0;
  const tabs = width === "phone" || width === "narrow";
  const tab = search.tab ?? "timeline";
  const panels = slots("record.panel", object.name, object);
  // What belongs to it is told of now.
  const sums = !search.moment && object.layout.panels.length > 0;
  const settled = useArrived("above");
  // What is around it was asked with it and may be here by now: the head and the facts are drawn first all the same.
  const drawn = useAfterPicture(true, false);
  // Their code comes once the facts stand, all of it at a time.
  useEffect(() => {
    if (drawn && sums && width === "wide") sendForPanels(object);
  }, [drawn, sums, width, object]);
  const besides = sums || (!search.moment && (related.length > 0 || panels.length > 0));

  useTitle(title);
  useLightPaper();
  useEffect(() => {
    remember({ object: object.name, id: record.id, title });
    did(`open ${object.name}`);
  }, [object, record.id, title]);
  const go = (next: PageSearch) =>
    void navigate({ to: ".", search: ((old: object) => ({ ...old, ...next })) as never, replace: true });
  const phone = width === "phone";
  const write = () => {
    if (phone) {
      setWriting(true);
      return;
    }
    if (tabs && tab !== "timeline") go({ tab: undefined });
    requestAnimationFrame(() => composer.current?.focus());
  };
  useKeys({ e: () => object.can.update && setEditing(true), n: () => writes && write() });

  const facts = <RecordFacts object={object} record={record} />;
  const { show, q, who, team, by } = search;
  const middle = (
    <section ref={told} tabIndex={-1} className={styles.middle} aria-label={t("record.timeline")}>
      {writes && !phone && <Composer object={object} record={record} ref={composer} />}
      <TimelineBar
        object={object}
        record={record}
        shown={{ show, q, who, team, by }}
        onShow={go}
        kinds={writes}
        aside={
          width !== "wide" && !phone && besides ? (
            <Button size="small" icon={<PanelRight />} onClick={() => setDrawer(true)}>
              {t("record.related")}
            </Button>
          ) : null
        }
      />
      {show === "history" ? (
        <>
          <Popover
            open={past}
            onOpenChange={setPast}
            label={t("list.past")}
            content={
              <MomentChoice
                value={search.moment}
                onPick={(moment) => {
                  setPast(false);
                  go({ moment });
                }}
              />
            }
          >
            <Button size="small" icon={<Clock />}>
              {t("record.past")}
            </Button>
          </Popover>
          <History object={object} record={record} />
        </>
      ) : (
        drawn && <Timeline key={show ?? "all"} object={object} record={record} shown={{ show, q, who, team, by }} />
      )}
    </section>
  );
  const around = sums && (
    <Suspense>
      <Panels object={object} record={record} />
    </Suspense>
  );
  // Parts that are still asking hold back what stands below them.
  const belonging = (
    <Suspense fallback={<SummedUp />}>
      {panels.map(({ component: Part }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
        <Part key={at} object={object.name} record={record} />
      ))}
      <RelatedLists object={object} record={record} related={related} />
    </Suspense>
  );
  const right = sums ? (
    <Suspense fallback={<SummedUp />}>
      <Panels object={object} record={record}>
        {belonging}
      </Panels>
    </Suspense>
  ) : (
    belonging
  );

  return (
    <article className={cx(styles.page, styles[width])} data-paper>
      {search.moment && <PastBanner moment={search.moment} onNow={() => go({ moment: undefined })} />}
      {archived && (
        <ArchiveBanner
          text={t("record.archived", {
            when: f.ago(String(record.archived_at)),
            who: (record.archived_by as { title?: string } | null)?.title ?? t("record.system"),
          })}
          act={t("record.archived.restore")}
          onAct={object.can.delete ? () => void restore(record.id).catch(() => undefined) : undefined}
        />
      )}
      <div className={styles.top}>
        <RecordHeader
          object={object}
          record={record}
          onEdit={() => setEditing(true)}
          onWrite={writes ? write : undefined}
          onHistory={() => go({ show: "history", tab: undefined })}
        />
        {!search.moment && <Alerts object={object} record={record} />}
        {stage && <StagePath object={object} record={record} field={stage} />}
      </div>
      {tabs ? (
        <Tabs
          value={tab}
          onChange={(next) => go({ tab: next === "timeline" ? undefined : next })}
          tabs={[
            { key: "timeline", label: t("record.tab.timeline"), body: middle },
            { key: "facts", label: t("record.tab.facts"), body: facts },
            ...(around
              ? [{ key: "around", label: t("circle.tab"), body: <div className={styles.pad}>{around}</div> }]
              : []),
            ...(width === "phone"
              ? related.map((one) => ({
                  key: one.name,
                  label: <RelatedTab object={object} record={record} related={one} />,
                  body: (
                    <div className={styles.pad}>
                      <RelatedList object={object} record={record} related={one} />
                    </div>
                  ),
                }))
              : []),
          ]}
        />
      ) : (
        <div className={cx(styles.columns, !besides && styles.two, !settled && styles.held)}>
          <aside className={styles.left} aria-label={t("record.tab.facts")}>
            <button type="button" className={shell.skip} onClick={() => told.current?.focus()}>
              {t("record.skip")}
            </button>
            {facts}
          </aside>
          {middle}
          {width === "wide" && besides && (
            <aside className={styles.right} aria-label={t("record.related")}>
              {drawn && right}
            </aside>
          )}
        </div>
      )}
      <p className={styles.printed}>
        {t("record.printed", { company: catalog.workspace.name, when: f.datetime(new Date().toISOString()) })}
      </p>
      {drawer && width !== "wide" && (
        <Drawer open onClose={() => setDrawer(false)} size={360} title={t("record.related")}>
          {right}
        </Drawer>
      )}
      {phone && (
        <ThumbBar
          object={object}
          record={record}
          onWrite={writes ? write : undefined}
          onEdit={object.can.update ? () => setEditing(true) : undefined}
        />
      )}
      {writing && (
        <Drawer
          open
          placement="bottom"
          size="auto"
          title={t("record.write")}
          onClose={() => setWriting(false)}
          afterOpenChange={(open) => open && composer.current?.focus()}
        >
          <Composer object={object} record={record} ref={composer} onDone={() => setWriting(false)} />
        </Drawer>
      )}
      {editing && <EditForm object={object} record={record} onClose={() => setEditing(false)} />}
    </article>
  );
}

/** Paper is light, whatever the screen is. */
function useLightPaper(): void {
  useEffect(() => {
    const root = document.documentElement;
    let theme: string | undefined;
    const before = () => {
      theme = root.dataset.theme;
      root.dataset.theme = "light";
    };
    const after = () => {
      if (theme !== undefined) root.dataset.theme = theme;
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
}

function RelatedTab({ object, record, related }: Parameters<typeof RelatedList>[0]) {
  const label = useLabel();
  const { data, target } = useRelated(object, record, related);
  return (
    <>
      {label(related.label) || label(target?.plural)}
      {data?.count ? <Tally className={styles.n}>{data.count}</Tally> : null}
    </>
  );
}

interface TabsProps {
  value: string;
  onChange: (key: string) => void;
  tabs: { key: string; label: ReactNode; body: ReactNode }[];
}

function Tabs({ value, onChange, tabs }: TabsProps) {
  const id = useId();
  const at = Math.max(
    0,
    tabs.findIndex((one) => one.key === value),
  );
  const current = tabs[at];
  const keyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!step || !next) return;
    event.preventDefault();
    onChange(next.key);
    requestAnimationFrame(() => document.getElementById(`${id}-${next.key}`)?.focus());
  };
  return (
    <div className={styles.tabbed}>
      <div className={cx("sideways", styles.tabs)} role="tablist" onKeyDown={keyDown}>
        {tabs.map((one) => (
          <button
            key={one.key}
            id={`${id}-${one.key}`}
            type="button"
            role="tab"
            aria-selected={one === current}
            aria-controls={`${id}-panel`}
            tabIndex={one === current ? 0 : -1}
            className={cx(styles.tab, one === current && styles.on)}
            onClick={() => onChange(one.key)}
          >
            {one.label}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${current?.key}`} className={styles.panel}>
        {current?.body}
      </div>
    </div>
  );
}

/** The same places as the real page, so that nothing jumps. */
function Skeleton({ object }: { object: ObjectDef }) {
  const t = useT();
  const late = useLate();
  const width = useWidth();
  return (
    <article className={cx(styles.page, styles[width])} aria-busy="true" aria-label={t("shell.loading")}>
      {width === "phone" && <WayBack object={object} />}
      {late && (
        <>
          <div className={styles.bones}>
            <i className={styles.boneTile} />
            <div>
              <i style={{ width: 240, height: 16 }} />
              <i style={{ width: 160, height: 8 }} />
            </div>
          </div>
          {object.fields.some((field) => field.type === "stage") && <i className={styles.bonePath} />}
          <div className={styles.columns}>
            {width !== "phone" && width !== "narrow" && (
              <aside className={cx(styles.left, styles.boneLines)}>
                {[60, 80, 46, 72, 54, 66, 40].map((share) => (
                  <i key={share} style={{ width: `${share}%` }} />
                ))}
              </aside>
            )}
            <section className={cx(styles.middle, width === "phone" && styles.tabbed)}>
              {width === "phone" ? <TabsToCome /> : <i className={styles.boneBox} />}
              <TimelineSkeleton />
            </section>
            {width === "wide" && (
              <aside className={styles.right}>
                <SummedUp />
              </aside>
            )}
          </div>
        </>
      )}
      {width === "phone" && <ThumbBarToCome />}
    </article>
  );
}
