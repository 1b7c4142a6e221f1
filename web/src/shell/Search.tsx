/** One box over everything: records as one types, and every place and command. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Search as Glass, LoaderCircle, X } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { api } from "../api/client";
import { did } from "../api/firsts";
import { keys, useCatalog } from "../api/queries";
import { sayPhone } from "../fields/phone";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import { Avatar, cx, Icon, Kbd, type MenuItem, say, usePhone, useRested } from "../ui";
import { commandsHere, match } from "./commands";
import { useKeys } from "./keys";
import { usePinned } from "./pins";
import { type Command, type Group, useCommandList } from "./places";
import { useRecents } from "./recent";
import styles from "./shell.module.css";

/** Milliseconds after which an answer that is not here is seen to be awaited. */
const SLOW = 300;

/** So many records are shown. */
const HITS = 12;

interface Hit {
  object: string;
  id: string;
  title: string;
  subtitle?: string | null;
  matched?: string | null;
  archived?: true;
}

interface Choice {
  key: string;
  /** Heads the first of its kind. */
  group: Group | "records" | "recent" | "pins";
  title: string;
  note?: string;
  icon?: string;
  /** A record is drawn with its own sign. */
  id?: string;
  /** The box stays open. */
  stay?: boolean;
  run: () => void;
}

const MOST = { here: 6, go: 5, create: 4, do: 3 } as const;
const REST = 5;

export function Search({ onHelp }: { onHelp: () => void }) {
  const t = useT();
  const f = useFormat();
  const { language } = useLanguage();
  const label = useLabel();
  const catalog = useCatalog();
  const recents = useRecents();
  const pinned = usePinned();
  const navigate = useNavigate();
  const list = useId();
  const box = useRef<HTMLInputElement>(null);
  const phone = usePhone();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  /** None until one has gone through them: whoever hears the page hears the box first. */
  const [at, setAt] = useState<number>();
  const [here, setHere] = useState<MenuItem[]>([]);
  /** Enter came before the answer: what was asked for is opened when it is here. */
  const [eager, setEager] = useState(false);
  /** The archive is searched too. */
  const [deep, setDeep] = useState(false);
  const commands = useCommandList(here, onHelp);
  const only = text.startsWith(">");
  const typed = (only ? text.slice(1) : text).trim();
  const q = useDeferredValue(typed);
  const asked = useRested(q, 120);
  const searching = q.length > 0 && !only;
  const { data, isPending, isPlaceholderData, isPaused, isLoadingError, refetch } = useQuery<Hit[]>({
    queryKey: [...keys.search(asked), deep],
    queryFn: ({ signal }) =>
      api
        .get<{ data: Hit[] }>("/search", { q: asked, limit: HITS, archived: deep ? "with" : undefined }, signal)
        .then((answer) => answer.data),
    enabled: open && asked.length > 0 && !only,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    meta: { told: true },
  });
  // Without a connection nothing is asked, which does not mean that there is nothing.
  const lost = searching && (isLoadingError || isPaused);
  const settled = typed === q && (!searching || (asked === q && (lost || !(isPending || isPlaceholderData))));

  const waits = searching && !settled;
  const late = useRested(waits, SLOW) && waits;

  const nameOf = (object: string) => label(catalog.object(object)?.label, object);
  const openRecord = (object: string, id: string) => () =>
    void navigate({ to: "/o/$object/$id", params: { object, id } });
  /** Numbers, days and moments as the reader writes them. */
  const said = (text: string) =>
    text
      .replace(/\+\d{7,15}(;ext=\d+)?/g, (number) => sayPhone(number, language))
      .replace(/\b\d{4}-\d\d-\d\d(T\d\d:\d\d[\d:.]*(Z|[+-]\d\d:?\d\d))?/g, (when, moment) =>
        moment ? f.datetime(when) : f.date(when),
      );
  /** The field that fits, where it is not the name that everybody can see fits. */
  const whereOf = ({ object: name, matched }: Hit) => {
    const object = catalog.object(name);
    return object && matched && matched !== object.title ? label(catalog.field(object, matched)?.label) : "";
  };

  const records: Choice[] = searching
    ? ((!lost && data) || []).map((hit) => ({
        key: hit.id,
        group: "records",
        id: hit.id,
        title: hit.title,
        note: [
          hit.archived && t("list.archived.mark"),
          nameOf(hit.object),
          (hit.subtitle && said(hit.subtitle)) || whereOf(hit),
        ]
          .filter(Boolean)
          .join(" · "),
        run: openRecord(hit.object, hit.id),
      }))
    : [];
  const atHand: Choice[] =
    q || only
      ? []
      : [
          ...pinned.map(
            (pin): Choice => ({
              key: `pin ${pin.object} ${pin.id ?? pin.view ?? ""}`,
              group: "pins",
              title: pin.title,
              note: nameOf(pin.object),
              icon: pin.icon,
              run: pin.id
                ? openRecord(pin.object, pin.id)
                : () => void navigate({ to: "/o/$object", params: { object: pin.object }, search: { view: pin.view } }),
            }),
          ),
          ...recents.map(
            (recent): Choice => ({
              key: recent.id,
              group: "recent",
              id: recent.id,
              title: recent.title,
              note: nameOf(recent.object),
              run: openRecord(recent.object, recent.id),
            }),
          ),
        ];
  const wider: Choice[] =
    searching && !deep
      ? [
          {
            key: "archived",
            group: "do",
            title: t("shell.search.archived"),
            icon: "box",
            stay: true,
            run: () => setDeep(true),
          },
        ]
      : [];
  const again: Choice[] = lost
    ? [{ key: "again", group: "do", title: t("shell.retry"), icon: "refresh", stay: true, run: () => void refetch() }]
    : [];
  const choices: Choice[] = [...again, ...records, ...fitting(commands, q, only), ...atHand, ...wider];
  const current = Math.min(at ?? 0, choices.length - 1);

  const from = useRef<HTMLElement | null>(null);
  const enter = () => {
    box.current?.focus();
    box.current?.select();
  };
  useKeys({
    "/": () => {
      // A list keeps `/` for itself: it searches what is on the screen.
      const local = document.querySelector<HTMLInputElement>("input[data-list-search]");
      (local ?? box.current)?.focus();
    },
    "mod+k": enter,
  });

  const close = () => {
    setDeep(false);
    setOpen(false);
    setText("");
    setEager(false);
    box.current?.blur();
    // Back to where one was, as a list goes on with its keys.
    if (from.current?.isConnected) from.current.focus({ preventScroll: true });
    from.current = null;
  };
  // What was searched for is done with where one has gone on: a list below would seem to be filtered by it.
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs when the address changes
  useEffect(() => setText(""), [path]);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    if (text.trim()) did("search");
    if (!choice.stay) close();
    choice.run();
  };
  const first = useRef(() => {});
  first.current = () => go(choices[0]);
  useEffect(() => {
    if (eager && settled) first.current();
  }, [eager, settled]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt(Math.min(current + 1, choices.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(current - 1, 0));
    else if (event.key === "Enter") {
      if (settled || at) go(choices[current]);
      else setEager(true);
    } else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const none = q && settled && choices.every((one) => one.stay);
  const hits = open && searching && settled && !lost ? records.length : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked anew is said anew
  useEffect(() => {
    if (hits === undefined) return;
    say(none ? t("shell.search.none", { q }) : t("list.said", { n: hits < HITS ? hits : `${hits}+` }));
  }, [hits, asked]);

  return (
    <search className={styles.search}>
      <div className={styles.searchBox}>
        {late ? <LoaderCircle className="turning" /> : <Glass />}
        <input
          ref={box}
          value={text}
          placeholder={t(phone ? "shell.search.hint.phone" : "shell.search.hint")}
          aria-label={t("shell.search")}
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-activedescendant={open && at !== undefined && choices[current] ? `${list}-${current}` : undefined}
          // What Enter takes is told after the box; as the active one it would be told in its place.
          aria-describedby={open && at === undefined && choices[0] ? `${list}-0` : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setEager(false);
            setOpen(true);
          }}
          onFocus={(event) => {
            from.current = event.relatedTarget as HTMLElement | null;
            setHere(commandsHere());
            setAt(undefined);
            setOpen(true);
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text ? (
          <button
            type="button"
            aria-label={t("shell.clear")}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => setText("")}
          >
            <X />
          </button>
        ) : (
          <Kbd unsaid>{MOD} K</Kbd>
        )}
      </div>
      {open && (choices.length > 0 || none) && (
        // Pressing the mouse in the list must not take the focus out of the box.
        // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus
        <div className={styles.found} onMouseDown={(event) => event.preventDefault()}>
          {(none || lost) && (
            <div className={styles.foundHead} role={lost ? "alert" : undefined}>
              {lost ? t("shell.error.part", { part: t("shell.palette.records") }) : t("shell.search.none", { q })}
            </div>
          )}
          <div id={list} role="listbox" aria-label={t("shell.search")} aria-busy={late || undefined}>
            {choices.map((choice, row) => (
              <div key={choice.key} role="presentation">
                {choices[row - 1]?.group !== choice.group && choice.group !== "records" && (
                  <div className={styles.foundHead} role="presentation">
                    {t(`shell.palette.${choice.group}`)}
                  </div>
                )}
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the box has the keyboard */}
                <div
                  id={`${list}-${row}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={row === current}
                  className={cx(styles.hit, row === current && styles.hitOn)}
                  ref={row === current ? (line) => line?.scrollIntoView({ block: "nearest" }) : undefined}
                  onMouseMove={() => setAt(row)}
                  onClick={() => go(choice)}
                >
                  {choice.id ? (
                    <Avatar name={choice.title} id={choice.id} square />
                  ) : (
                    <span className={styles.hitIcon}>
                      <Icon name={choice.icon} />
                    </span>
                  )}
                  <span className="ellipsis" dir="auto">
                    {choice.title}
                  </span>
                  {choice.note && <small className="ellipsis">{choice.note}</small>}
                </div>
              </div>
            ))}
          </div>
          <div className={styles.foundFoot}>{t("shell.search.keys")}</div>
        </div>
      )}
    </search>
  );
}

const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

/** The commands that match, the best of each kind; without words what the open page offers. */
function fitting(commands: Command[], q: string, only: boolean): Choice[] {
  if (!q && !only) return commands.filter((command) => command.group === "here").slice(0, REST);
  const scored = commands
    .map((command) => {
      const fits = [command.title, command.note ? `${command.note} ${command.title}` : "", command.also ?? ""]
        .map((name) => (name ? match(name, q) : null))
        .filter((score) => score !== null);
      return { command, score: fits.length ? Math.min(...fits) : null };
    })
    .filter((one): one is { command: Command; score: number } => one.score !== null)
    .sort((a, b) => a.score - b.score);
  return (["here", "go", "create", "do"] as const).flatMap((group) =>
    scored
      .filter(({ command }) => command.group === group)
      .slice(0, only ? undefined : MOST[group])
      .map(({ command }) => command),
  );
}
