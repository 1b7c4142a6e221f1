/** One box over everything: records as one types, and the places one can go to. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Search as Glass, X } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { Avatar, cx, Icon, Kbd } from "../ui";
import { useKeys } from "./keys";
import { useAreas } from "./nav";
import { useRecents } from "./recent";
import styles from "./shell.module.css";

interface Hit {
  object: string;
  id: string;
  title: string;
  subtitle?: string | null;
  matched?: string | null;
}

interface Choice {
  key: string;
  object: string;
  id?: string;
  title: string;
  note: string;
}

export function Search() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const areas = useAreas();
  const recents = useRecents();
  const navigate = useNavigate();
  const list = useId();
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const q = useDeferredValue(text.trim());
  const asked = useSettled(q);
  const { data, isFetching } = useQuery<Hit[]>({
    queryKey: keys.search(asked),
    queryFn: ({ signal }) =>
      api.get<{ data: Hit[] }>("/search", { q: asked, limit: 12 }, signal).then((answer) => answer.data),
    enabled: open && asked.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });

  const nameOf = (object: string) => label(catalog.object(object)?.label, object);
  /** The field that fits, where it is not the name that everybody can see fits. */
  const whereOf = ({ object: name, matched }: Hit) => {
    const object = catalog.object(name);
    return object && matched && matched !== object.title ? label(catalog.field(object, matched)?.label) : "";
  };
  const places: Choice[] = areas
    .flatMap((area) => area.objects)
    .filter(
      ({ object, label: name }) =>
        q && (name.toLowerCase().includes(q.toLowerCase()) || object.name.startsWith(q.toLowerCase())),
    )
    .slice(0, 3)
    .map(({ object, label: name }) => ({
      key: `go ${object.name}`,
      object: object.name,
      title: name,
      note: t("shell.search.go"),
    }));
  const found: Choice[] = q
    ? (data ?? []).map((hit) => ({
        key: hit.id,
        object: hit.object,
        id: hit.id,
        title: hit.title,
        note: [nameOf(hit.object), hit.subtitle || whereOf(hit)].filter(Boolean).join(" · "),
      }))
    : recents.map((recent) => ({ ...recent, key: recent.id, note: nameOf(recent.object) }));
  const choices = [...found, ...places];
  const current = Math.min(at, choices.length - 1);

  useKeys({
    "/": () => {
      // A list keeps `/` for itself: it searches what is on the screen.
      const local = document.querySelector<HTMLInputElement>("input[data-list-search]");
      (local ?? box.current)?.focus();
    },
    "mod+k": () => box.current?.focus(),
  });

  const close = () => {
    setOpen(false);
    box.current?.blur();
  };
  // What was searched for is done with where one has gone on: a list below would seem to be filtered by it.
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs when the address changes
  useEffect(() => setText(""), [path]);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    close();
    setText("");
    if (choice.id) void navigate({ to: "/o/$object/$id", params: { object: choice.object, id: choice.id } });
    else void navigate({ to: "/o/$object", params: { object: choice.object }, search: {} });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt(Math.min(current + 1, choices.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(current - 1, 0));
    else if (event.key === "Enter") go(choices[current]);
    else if (event.key === "Escape") {
      setText("");
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const none = q && asked === q && !isFetching && choices.length === 0;

  return (
    <search className={styles.search}>
      <div className={styles.searchBox}>
        <Glass />
        <input
          ref={box}
          value={text}
          placeholder={t("shell.search.hint")}
          aria-label={t("shell.search")}
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-activedescendant={open && choices[current] ? `${list}-${current}` : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text ? (
          <button
            type="button"
            aria-label={t("shell.close")}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => setText("")}
          >
            <X />
          </button>
        ) : (
          <Kbd>Ctrl K</Kbd>
        )}
      </div>
      {open && (choices.length > 0 || none) && (
        // Pressing the mouse in the list must not take the focus out of the box.
        // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus
        <div className={styles.found} onMouseDown={(event) => event.preventDefault()}>
          {!q && <div className={styles.foundHead}>{t("shell.recent")}</div>}
          {none && <div className={styles.foundHead}>{t("shell.search.none", { q })}</div>}
          <div id={list} role="listbox" aria-label={t("shell.search")}>
            {choices.map((choice, row) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the keyboard
              <div
                key={choice.key}
                id={`${list}-${row}`}
                role="option"
                tabIndex={-1}
                aria-selected={row === current}
                className={cx(styles.hit, row === current && styles.hitOn)}
                onMouseMove={() => setAt(row)}
                onClick={() => go(choice)}
              >
                {choice.id ? (
                  <Avatar name={choice.title} id={choice.id} square />
                ) : (
                  <Icon name={catalog.object(choice.object)?.icon} />
                )}
                <span className="ellipsis">{choice.title}</span>
                <small className="ellipsis">{choice.note}</small>
              </div>
            ))}
          </div>
          <div className={styles.foundFoot}>{t("shell.search.keys")}</div>
        </div>
      )}
    </search>
  );
}

/** The value once typing has paused. */
function useSettled(value: string, ms = 120): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
