/** Naming colleagues in a text: after `@` one chooses among those who fit, and sees who could not read it. */
import { useQuery } from "@tanstack/react-query";
import { EyeOff } from "lucide-react";
import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import { api } from "../api/client";
import { useT } from "../i18n";
import { Avatar, cx, useEager } from "../ui";
import styles from "./Composer.module.css";

export interface Person {
  id: string;
  title: string;
  can_see: boolean;
}

interface Asked {
  object: string;
  id: string;
  box: RefObject<HTMLTextAreaElement | null>;
  text: string;
  /** Who was chosen so far. */
  people: Person[];
  onPick: (text: string, people: Person[]) => void;
}

/** What stands between the last `@` and the cursor, and where that `@` is. */
function typed(box: HTMLTextAreaElement): { at: number; q: string } | null {
  const before = box.value.slice(0, box.selectionStart);
  const found = /(?:^|[\s（(，。,;；])[@＠]([^\s@＠]{0,30})$/.exec(before);
  return found ? { at: before.length - (found[1]?.length ?? 0) - 1, q: found[1] ?? "" } : null;
}

export function useMentions({ object, id, box, text, people, onPick }: Asked) {
  const t = useT();
  const list = useId();
  const [word, setWord] = useState<{ at: number; q: string } | null>(null);
  const [on, setOn] = useState(0);
  const found = useQuery({
    queryKey: ["people", object, id, word?.q ?? ""],
    queryFn: ({ signal }) =>
      api.get<{ data: Person[] }>(`/following/${object}/${id}/people`, { q: word?.q }, signal).then((a) => a.data),
    enabled: word !== null,
    staleTime: 60_000,
    placeholderData: (before) => before,
    retry: false,
  });
  const shown = word === null ? [] : (found.data ?? []);
  const current = shown[Math.min(on, shown.length - 1)];
  const pick = (person: Person) => {
    const area = box.current;
    if (!area || !word) return;
    const head = `${text.slice(0, word.at)}@${person.title} `;
    onPick(head + text.slice(area.selectionStart), [...people.filter((one) => one.id !== person.id), person]);
    setWord(null);
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(head.length, head.length);
    });
  };
  const busy = word !== null && (found.isPending || found.isPlaceholderData);
  const eager = useEager(busy, () => shown[0] && pick(shown[0]));
  const named = people.filter((person) => text.includes(`@${person.title}`));
  return {
    /** Those whom the text names. */
    named,
    blind: named.filter((person) => !person.can_see),
    look: () => {
      const next = box.current && typed(box.current);
      if (word?.at === next?.at && word?.q === next?.q) return;
      setWord(next);
      setOn(0);
      eager.typed();
    },
    close: () => setWord(null),
    /** True when the key was for the list. */
    keyDown: (event: KeyboardEvent): boolean => {
      if (event.nativeEvent.isComposing) return false;
      if (busy && event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        eager.onKey(event);
        return true;
      }
      if (!current) return false;
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) setOn((shown.indexOf(current) + step + shown.length) % shown.length);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") pick(current);
      else if (event.key === "Escape") setWord(null);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    aria: {
      "aria-autocomplete": "list" as const,
      "aria-controls": current ? list : undefined,
      "aria-activedescendant": current ? `${list}-${current.id}` : undefined,
    },
    list: current && (
      <div id={list} className={styles.people} role="listbox" tabIndex={-1} aria-label={t("told.mention")}>
        {shown.map((person) => (
          <div
            key={person.id}
            id={`${list}-${person.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={person === current}
            className={cx(styles.person, person === current && styles.personOn)}
            onPointerDown={(event) => {
              event.preventDefault();
              pick(person);
            }}
          >
            <Avatar name={person.title} id={person.id} size={20} />
            <span className="ellipsis">{person.title}</span>
            {!person.can_see && (
              <small>
                <EyeOff aria-hidden />
                {t("told.mention.blind")}
              </small>
            )}
          </div>
        ))}
      </div>
    ),
  };
}

/** A text with the names of those whom it mentions set off. */
export function Said({ text, people }: { text: string; people: { id: string | null; title: string | null }[] }) {
  const names = people.flatMap((person) => (person.title ? [`@${person.title}`] : []));
  if (names.length === 0) return text;
  const parts = text.split(new RegExp(`(${names.map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`));
  return parts.map((part, at) =>
    names.includes(part) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text stay in order
      <b key={at} className={styles.named}>
        {part}
      </b>
    ) : (
      part
    ),
  );
}
