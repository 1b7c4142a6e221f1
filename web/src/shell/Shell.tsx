/** The desk: sidebar, top bar and the sheet on which every page lies; on a phone a bar at the bottom. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { openFirsts } from "../api/firsts";
import { useFresh } from "../api/live";
import { CatalogProvider, catalogQuery, sessionQuery } from "../api/queries";
import { FormatProvider } from "../fields/twin";
import { moreWords, useLanguage, useT } from "../i18n";
import { part } from "../renew";
import type { Catalog } from "../schema/catalog";
import { adoptTheme } from "../theme/theme";
import { AskProvider, begin, ErrorState, focusLost, media, stillThere, usePhone, useTakeBack } from "../ui";
import { fetchIdle } from "../ui/later";
import { CreateProvider } from "./create";
import { useKeys } from "./keys";
import { Missing } from "./Missing";
import { PhoneBar } from "./PhoneBar";
import { openRecents } from "./recent";
import { Sidebar } from "./Sidebar";
import styles from "./shell.module.css";
import { TopBar } from "./TopBar";
import { Viewing } from "./Viewing";

const KeysHelp = part(() => import("./KeysHelp"));
const FOLDED = "guanxi.folded";
/** On a tablet held upright the sheet needs the room, until somebody says otherwise. */
const useNarrow = media("(min-width: 768px) and (max-width: 1023px)").useMatch;
const IDLE = 3000;
// Where the focus stays although another screen has come.
const BUSY = "input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]";

export function Shell() {
  const { data: catalog, error, refetch } = useQuery(catalogQuery);
  const theme = useQuery(sessionQuery).data?.user.theme;
  useEffect(() => adoptTheme(theme), [theme]);
  // Whoever the page belongs to has a time zone: nothing is drawn in another first.
  const { timezone, setTimezone } = useLanguage();
  const zone = catalog && (catalog.me.timezone || Intl.DateTimeFormat().resolvedOptions().timeZone);
  const drawn = useRef(false);
  useLayoutEffect(() => {
    if (zone) setTimezone(zone);
  }, [zone, setTimezone]);
  drawn.current ||= zone === timezone;
  if (catalog && !drawn.current) return null;
  if (!catalog) return error ? <ErrorState error={error} retry={refetch} /> : null;
  return (
    <CatalogProvider value={catalog}>
      <FormatProvider>
        <CreateProvider>
          <AskProvider>
            <Desk catalog={catalog} />
          </AskProvider>
        </CreateProvider>
      </FormatProvider>
    </CatalogProvider>
  );
}

/** Whether what lies around the sheet is drawn: a moment after what is on it, or at once when a key is meant for it. */
function useAround(): boolean {
  const [around, setAround] = useState(false);
  useEffect(() => {
    if (around) return;
    // Before the keys of the page are asked: those that this draws hear the key that called them.
    const first = () => flushSync(() => setAround(true));
    window.addEventListener("keydown", first, { capture: true, once: true });
    startTransition(() => setAround(true));
    return () => window.removeEventListener("keydown", first, { capture: true });
  }, [around]);
  return around;
}

function Desk({ catalog }: { catalog: Catalog }) {
  const t = useT();
  const phone = usePhone();
  const { setLanguage } = useLanguage();
  const [chosen, setChosen] = useState(() => localStorage.getItem(FOLDED));
  const narrow = useNarrow();
  const folded = chosen ? chosen === "1" : narrow;
  const [help, setHelp] = useState(false);
  const client = useQueryClient();
  const path = useRouterState({ select: (state) => state.location.pathname });
  // Of the screen that is drawn: where one goes is known before it, and the one that is left is not drawn anew for that.
  const drawn = useRouterState({ select: (state) => state.matches.at(-1)?.pathname ?? "" });
  const { id, language } = catalog.me;
  const around = useAround();

  useEffect(() => {
    openRecents(id);
    openFirsts(id);
    // Remembered here, so that the next visit begins with the words of the right language.
    if (language === "en" || language === "zh") setLanguage(language, true);
  }, [id, language, setLanguage]);

  const place = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  // What a screen does without at first comes while nobody waits.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen may have named parts of its own
  useEffect(() => {
    const timer = setInterval(() => {
      if (client.isFetching() > 0 || document.querySelector("main [aria-busy=true]")) return;
      clearInterval(timer);
      void moreWords().then(fetchIdle, fetchIdle);
    }, IDLE);
    return () => clearInterval(timer);
  }, [client, place]);

  // Where one is when another screen has come: at the beginning of what there is to read, unless that screen has the focus
  // already, or someone writes or is asked something meanwhile.
  const sheet = useRef<HTMLElement>(null);
  const shown = useRef<string>(undefined);
  useEffect(() => {
    const from = shown.current;
    // Who comes in, or opens a link, begins at the beginning of the page.
    if (from !== undefined || place === path) shown.current = place;
    if (from === undefined || from === place) return;
    const at = document.activeElement;
    if (!focusLost() && (sheet.current?.contains(at) || at?.closest(BUSY))) return;
    (stillThere() ?? begin())?.focus({ preventScroll: true });
  }, [place, path]);

  useFresh();
  const takeBack = useTakeBack();
  useKeys({ "?": () => setHelp(true), "mod+z": (event) => !event.shiftKey && takeBack() });

  const fold = () => {
    const next = folded ? "0" : "1";
    localStorage.setItem(FOLDED, next);
    setChosen(next);
  };

  return (
    <div className={styles.desk} data-folded={folded || undefined}>
      <button type="button" className={styles.skip} onClick={() => begin()?.focus()}>
        {t("shell.skip")}
      </button>
      {!phone && (around ? <Sidebar folded={folded} /> : <div className={styles.side} />)}
      <div className={styles.main}>
        <Viewing />
        {around ? (
          <TopBar folded={folded} onFold={fold} onHelp={() => setHelp(true)} />
        ) : (
          <header className={styles.top} />
        )}
        <Missing />
        <main
          id="sheet"
          ref={sheet}
          className={styles.sheet}
          tabIndex={-1}
          key={drawn.split("/").slice(0, 3).join("/")}
        >
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {phone && <PhoneBar />}
      {help && (
        <Suspense>
          <KeysHelp onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </div>
  );
}
