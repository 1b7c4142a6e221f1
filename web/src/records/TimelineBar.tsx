/** What of the timeline is shown: kinds with their counts, whose, and with which words. */
import { useQuery } from "@tanstack/react-query";
import { Search, UserRound, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { Avatar, cx, Dropdown, IconButton, TextInput } from "../ui";
import { activitiesOf } from "./Composer";
import styles from "./Timeline.module.css";

/** What is shown; part of the address. */
export interface Shown {
  /** A kind; "history" for the changes with their undo. */
  show?: string;
  /** Words. */
  q?: string;
  /** Whose doing. */
  who?: string;
}

interface Tally {
  counts: Record<string, number>;
  users: { id: string; title: string; count: number }[];
}

function useTally(object: ObjectDef, record: RecordData): Tally | undefined {
  const { data } = useQuery({
    queryKey: keys.timeline(object.name, record.id, "tally"),
    queryFn: ({ signal }) =>
      api.get<Tally>(`/records/${object.name}/${record.id}/timeline`, { limit: 1, include: "count" }, signal),
    staleTime: 15_000,
  });
  return data;
}

/** Words are looked for when typing has stopped. */
function Words({ value, onChange, onClose }: { value: string; onChange: (q: string) => void; onClose: () => void }) {
  const t = useT();
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), 250);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <span className={styles.words}>
      <TextInput
        autoFocus
        size="small"
        prefix={<Search />}
        value={typed}
        placeholder={t("record.timeline.search")}
        aria-label={t("record.timeline.search")}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
          event.stopPropagation();
          onClose();
        }}
      />
      <IconButton small icon={<X />} label={t("record.timeline.search.close")} onClick={onClose} />
    </span>
  );
}

interface TimelineBarProps {
  object: ObjectDef;
  record: RecordData;
  shown: Shown;
  onShow: (next: Shown) => void;
  /** Kinds of things that happen on such records. */
  kinds: boolean;
  aside: ReactNode;
}

export function TimelineBar({ object, record, shown, onShow, kinds, aside }: TimelineBarProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const tally = useTally(object, record);
  const [searching, setSearching] = useState(Boolean(shown.q));
  const n = (...names: string[]) => names.reduce((sum, name) => sum + (tally?.counts[name] ?? 0), 0);
  const chips: [string | undefined, string, number][] = [
    [undefined, t("record.all"), n(...Object.keys(tally?.counts ?? {}))],
    ...(kinds ? activitiesOf(catalog.objects) : []).map((one): [string, string, number] => [
      one.activity,
      label(one.plural, one.name),
      n(one.activity),
    ]),
    ["history", t("record.changes"), n("change", "stage")],
  ];
  const users = tally?.users ?? [];
  const who = users.find((user) => user.id === shown.who);
  return (
    <div className={styles.bar}>
      <div className={styles.chips} role="toolbar" aria-label={t("record.kinds")}>
        {chips.map(([kind, text, count]) => (
          <button
            key={kind ?? "all"}
            type="button"
            className={cx(styles.kind, kind === shown.show && styles.on)}
            aria-pressed={kind === shown.show}
            onClick={() => onShow({ ...shown, show: kind })}
          >
            {text}
            {count > 0 && <span className={styles.n}>{f.number(count)}</span>}
          </button>
        ))}
      </div>
      {shown.show !== "history" && kinds && (
        <>
          {searching ? (
            <Words
              value={shown.q ?? ""}
              onChange={(q) => onShow({ ...shown, q: q.trim() || undefined })}
              onClose={() => {
                setSearching(false);
                onShow({ ...shown, q: undefined });
              }}
            />
          ) : (
            <IconButton
              small
              icon={<Search />}
              label={t("record.timeline.search")}
              onClick={() => setSearching(true)}
            />
          )}
          {users.length > 1 && (
            <Dropdown
              placement="bottomRight"
              label={t("record.timeline.who")}
              menu={{
                selectedKeys: [shown.who ?? ""],
                items: [
                  { key: "", label: t("record.timeline.everybody") },
                  { type: "divider" },
                  ...users.map((user) => ({ key: user.id, label: user.title, extra: f.number(user.count) })),
                ],
                onClick: ({ key }) => onShow({ ...shown, who: key || undefined }),
              }}
            >
              <IconButton
                small
                pressed={Boolean(who)}
                icon={who ? <Avatar name={who.title} id={who.id} size={18} /> : <UserRound />}
                label={who ? t("record.timeline.of", { who: who.title }) : t("record.timeline.who")}
              />
            </Dropdown>
          )}
        </>
      )}
      {aside}
    </div>
  );
}
