/** Routes. Every page is loaded when it is first needed; what a page shows is in its URL. */
import { QueryClient } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError, api, connection } from "./api/client";
import { alertsQuery, catalogQuery, keys, recordQuery, type Session, sessionQuery } from "./api/queries";
import { spoken } from "./i18n";
import { today as todayIn } from "./i18n/format";
import { type BoardSearch, readBoardSearch } from "./quality/model";
import { firstQuery } from "./records/columns";
import { askDays } from "./records/days";
import { board as boardKind, calendar } from "./records/kinds";
import { askBoard } from "./records/lanes";
import { listOf } from "./records/list";
import { pageOptions } from "./records/rows";
import { type ListSearch, readListSearch } from "./records/state";
import { arrived } from "./renew";
import type { Catalog } from "./schema/catalog";
import { Shell } from "./shell/Shell";
import { type ImportSearch, readImportSearch } from "./transfer/state";
import { Announcer, ErrorState, isPhone } from "./ui";
import { VERY_SLOW } from "./ui/toast";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays one; only a lost connection or a restarting server is worth asking again.
      retry: (count, error) =>
        count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status === 503),
      refetchOnWindowFocus: false,
    },
  },
});

/** Signed in, or on the way to it. */
async function enter(href: string): Promise<void> {
  try {
    await Promise.all([queryClient.ensureQueryData(sessionQuery), queryClient.ensureQueryData(catalogQuery)]);
  } catch (reason) {
    if (!(reason instanceof ApiError) || reason.status !== 401) throw reason;
    const { needed } = await api.get<{ needed: boolean }>("/setup");
    throw needed
      ? redirect({ to: "/setup" })
      : redirect({ to: "/sign-in", search: href === "/" ? {} : { next: href } });
  }
}

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Announcer />
    </>
  ),
  errorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
  notFoundComponent: () => <ErrorState error={new ApiError(404, "")} />,
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: ({ location }) => enter(location.href),
  // Before it there is nothing to see: who waits long is told, and nothing is lost by opening the page again.
  pendingMs: VERY_SLOW,
  pendingMinMs: 0,
  pendingComponent: () => <ErrorState error={new ApiError(504, "")} retry={() => location.reload()} />,
});

async function askRows(name: string, search: ListSearch): Promise<void> {
  const catalog = queryClient.getQueryData<Catalog>(keys.catalog);
  const object = catalog?.object(name);
  if (!catalog || !object) return;
  const start = queryClient.getQueryData<Session>(keys.session)?.user.starts?.[name];
  const query = firstQuery(catalog, object, search, start);
  if (query) return queryClient.prefetchQuery(pageOptions(queryClient, name, query, 0));
  const shown = listOf(catalog, object, search, start);
  const timezone = catalog.me.timezone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  // With what draws them.
  if (shown.kind === "board") await Promise.all([askBoard(queryClient, shown), boardKind.send()]).catch(() => {});
  if (shown.kind === "calendar")
    await Promise.all([
      askDays(queryClient, shown, todayIn({ language: "en", timezone }), isPhone()),
      calendar.send(),
    ]).catch(() => {});
}

/** Milliseconds that the page's first picture waits for the rows that belong in it: drawing a list twice takes longer. */
const PATIENCE = 250;
let drawn = false;

function firstRows(asked: Promise<void>): Promise<void> | undefined {
  if (drawn) return undefined;
  drawn = true;
  return Promise.race([asked, new Promise<void>((done) => setTimeout(done, PATIENCE))]);
}

type Load = () => Promise<{ default: React.ComponentType }>;

const screen = (load: Load) => lazyRouteComponent(() => arrived(load));

const page = <Path extends string>(path: Path, load: Load) =>
  createRoute({ getParentRoute: () => shell, path, component: screen(load) });

const today = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { scope?: "team" } =>
    search.scope === "team" ? { scope: "team" } : {},
  component: screen(() => import("./shell/Today")),
});
const list = createRoute({
  getParentRoute: () => shell,
  path: "/o/$object",
  validateSearch: (search: Record<string, unknown>): ListSearch => readListSearch(search),
  loaderDeps: ({ search }) => search,
  // The rows are asked for while the screen that shows them is still being fetched.
  loader: ({ params, deps, cause }) => (cause === "enter" ? firstRows(askRows(params.object, deps)) : undefined),
  component: screen(() => import("./records/ListPage")),
});
const record = page("/o/$object/$id", () => import("./records/RecordPage"));
const duplicates = page(
  "/duplicates",
  spoken(() => import("./quality/Duplicates")),
);
const duplicatesOf = page(
  "/duplicates/$name",
  spoken(() => import("./quality/Duplicates")),
);
const board = page(
  "/quality",
  spoken(() => import("./quality/Board")),
);
const boardOf = createRoute({
  getParentRoute: () => shell,
  path: "/quality/$name",
  validateSearch: (search: Record<string, unknown>): BoardSearch => readBoardSearch(search),
  component: screen(spoken(() => import("./quality/Board"))),
});
const settingsPage = spoken(() => import("./admin/SettingsPage"));
const settingsOf = <Path extends string>(path: Path) =>
  createRoute({
    getParentRoute: () => shell,
    path,
    // The section's file comes with the page around it.
    loader: ({ params }: { params: { _splat?: string } }) =>
      firstRows(
        settingsPage()
          .then(async ({ sendForSection }) => {
            const catalog = queryClient.getQueryData<Catalog>(keys.catalog);
            if (catalog) await sendForSection(catalog, params._splat ?? "");
          })
          .catch(() => undefined),
      ),
    component: screen(settingsPage),
  });
const settings = settingsOf("/settings");
const settingsSection = settingsOf("/settings/$");
const imports = page(
  "/import",
  spoken(() => import("./transfer/ImportPage")),
);
const importInto = createRoute({
  getParentRoute: () => shell,
  path: "/import/$object",
  validateSearch: (search: Record<string, unknown>): ImportSearch => readImportSearch(search),
  component: screen(spoken(() => import("./transfer/ImportPage"))),
});
const merge = createRoute({
  getParentRoute: () => shell,
  path: "/merge/$object",
  validateSearch: (search: Record<string, unknown>): { ids?: string } =>
    typeof search.ids === "string" ? { ids: search.ids } : {},
  component: screen(spoken(() => import("./merging/MergePage"))),
});
const mergeMany = page(
  "/merge/$object/many",
  spoken(() => import("./merging/ManyPage")),
);
const apart = page(
  "/apart/$object/$id",
  spoken(() => import("./merging/ApartPage")),
);
const bin = page(
  "/bin",
  spoken(() => import("./admin/BinPage")),
);
const segments = page(
  "/segments",
  spoken(() => import("./segments/Segments")),
);
const segment = createRoute({
  getParentRoute: () => shell,
  path: "/segments/$segment",
  validateSearch: (search: Record<string, unknown>): ListSearch => readListSearch(search),
  component: screen(spoken(() => import("./segments/SegmentPage"))),
});
const approvals = createRoute({
  getParentRoute: () => shell,
  path: "/approvals",
  validateSearch: (search: Record<string, unknown>): { box?: "asked" | "all" } =>
    search.box === "asked" || search.box === "all" ? { box: search.box } : {},
  component: screen(spoken(() => import("./flows/Approvals"))),
});
const pools = page(
  "/pools",
  spoken(() => import("./pools/PoolsPage")),
);
const pool = createRoute({
  getParentRoute: () => shell,
  path: "/pools/$pool",
  validateSearch: (search: Record<string, unknown>): ListSearch => readListSearch(search),
  component: screen(spoken(() => import("./pools/PoolsPage"))),
});
const poolReport = page(
  "/pools/$pool/report",
  spoken(() => import("./pools/Report")),
);
const journey = createRoute({
  getParentRoute: () => shell,
  path: "/journey/$object",
  validateSearch: (search: Record<string, unknown>): { span?: string } =>
    ["30", "90", "365", "all"].includes(String(search.span)) ? { span: String(search.span) } : {},
  component: screen(() => import("./standing/Journey")),
});
const changes = page(
  "/changes",
  spoken(() => import("./admin/ChangesPage")),
);
// In no menu: for who builds and tests the page.
const kit = page(
  "/dev/kit",
  spoken(() => import("./dev/Kit")),
);

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" && search.next.startsWith("/") && !search.next.startsWith("//")
      ? { next: search.next }
      : {},
  component: screen(() => import("./shell/SignIn")),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: screen(() => import("./shell/Setup")),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation/$token",
  component: screen(() => import("./shell/Invitation")),
});

export const router = createRouter({
  routeTree: root.addChildren([
    shell.addChildren([
      today,
      list,
      record,
      duplicates,
      duplicatesOf,
      board,
      boardOf,
      settings,
      settingsSection,
      imports,
      pools,
      pool,
      poolReport,
      importInto,
      merge,
      mergeMany,
      apart,
      bin,
      approvals,
      segments,
      segment,
      changes,
      journey,
      kit,
    ]),
    signIn,
    setup,
    invitation,
  ]),
  defaultPreload: "intent",
  defaultPendingMs: 400,
  scrollRestoration: false,
});

/** Asks for everything that the address needs at once, before anything is drawn: who is there, what there is, the screen's files. */
export function begin(): void {
  const [matched, { object, id }] = router.getMatchedRoutes(location.pathname);
  if (matched.some((one) => one.id === shell.id)) {
    const here = Promise.all([queryClient.prefetchQuery(sessionQuery), queryClient.prefetchQuery(catalogQuery)]);
    const search: Record<string, unknown> = router.options.parseSearch(location.search);
    if (object && matched.some((one) => one.id === list.id))
      void here.then(() => askRows(object, readListSearch(search)));
    if (object && id && matched.some((one) => one.id === record.id) && !search.moment) {
      void queryClient.prefetchQuery(recordQuery(object, id));
      void here.then(() => {
        if (queryClient.getQueryData<Catalog>(keys.catalog)?.object(object)?.watched)
          void queryClient.prefetchQuery({ ...alertsQuery(object, id), retry: false });
      });
    }
  }
  for (const { options } of matched) (options.component as { preload?: () => void } | undefined)?.preload?.();
  // What tells days is slow to make at first: that goes by while the answers are on their way.
  if (object) todayIn({ language: "en", timezone: "" });
}

connection.onSignedOut(() => {
  // While the shell is opening, `enter` decides; later the session has run out under an open page.
  if (!queryClient.getQueryData(keys.session)) return;
  queryClient.clear();
  void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
