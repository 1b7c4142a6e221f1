/** What of the timeline is shown: kinds with their counts, whose, and with which words. */
import { ListFilter, Search, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { Catalog, Label, ObjectDef, RecordData } from "../schema/catalog";
import { Avatar, cx, Dropdown, focusLost, IconButton, Tally, TextInput } from "../ui";
import styles from "./Timeline.module.css";
import { ALL, type Shown, useTimeline } from "./useTimeline";

/** What a channel is called: by the option of any object that has it. */
export function channelLabel(catalog: Catalog, name: string): Label | undefined {
  for (const object of catalog.objects) {
    const field = object.fields.find((one) => one.name === object.channel || one.name === "channel");
    const option = field?.options.find((one) => one.name === name);
    if (option) return option.label;
  }
  return undefined;
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
  const tally = useTimeline(object, record, ALL).data?.pages[0];
  // The history is also led to from the head of the page: who goes there by keys goes on from here.
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (shown.show !== "history" || focusLost() || bar.current?.contains(document.activeElement)) return;
    bar.current?.querySelector<HTMLElement>("[aria-pressed=true]")?.focus({ preventScroll: true });
  }, [shown.show]);
  const [searching, setSearching] = useState(Boolean(shown.q));
  const n = (...names: string[]) => names.reduce((sum, name) => sum + (tally?.counts?.[name] ?? 0), 0);
  const chips: [string | undefined, string, number][] = [
    [undefined, t("record.all"), n(...Object.keys(tally?.counts ?? {}))],
    ...(kinds
      ? [
          ...catalog.objects.filter((one) => one.activity),
          ...catalog.objects.filter((one) => one.moment && !one.activity),
        ]
      : []
    )
      .map((one): [string, string, number] => {
        const kind = one.activity || one.name;
        return [kind, label(one.plural, one.name), n(kind)];
      })
      .filter(([kind, , count]) => count > 0 || kind === shown.show || tally === undefined),
    ["history", t("record.changes"), n("change", "stage")],
  ];
  const users = tally?.users ?? [];
  const who = users.find((user) => user.id === shown.who);
  const teams = tally?.teams ?? [];
  const ways = Object.entries(tally?.channels ?? {});
  const narrowed = [
    who?.title,
    teams.find((team) => team.id === shown.team)?.title,
    shown.by && label(channelLabel(catalog, shown.by), shown.by),
  ].filter(Boolean);
  const group = (head: string, what: "who" | "team" | "by", items: [string, string, number][]) =>
    items.length < 2 && !shown[what]
      ? []
      : [
          {
            key: what,
            type: "group" as const,
            label: head,
            children: items.map(([key, text, count]) => ({
              key: `${what} ${key}`,
              label: text,
              extra: f.number(count),
            })),
          },
        ];
  const narrow = [
    ...group(
      t("record.timeline.who"),
      "who",
      users.map((user) => [user.id, user.title, user.count]),
    ),
    ...group(
      t("record.timeline.team"),
      "team",
      teams.map((team) => [team.id, team.title, team.count]),
    ),
    ...group(
      t("record.timeline.channel"),
      "by",
      ways.map(([name, count]) => [name, label(channelLabel(catalog, name), name), count]),
    ),
  ];
  return (
    <div className={styles.bar}>
      <div ref={bar} className={cx("sideways", styles.chips)} role="toolbar" aria-label={t("record.kinds")}>
        {chips.map(([kind, text, count]) => (
          <button
            key={kind ?? "all"}
            type="button"
            className={cx(styles.kind, kind === shown.show && styles.on)}
            aria-pressed={kind === shown.show}
            onClick={() => onShow({ ...shown, show: kind })}
          >
            {text}
            {count > 0 && <Tally className={styles.n}>{f.number(count)}</Tally>}
          </button>
        ))}
      </div>
      {shown.show !== "history" && kinds && (
        <>
          {narrowed.length > 0 && (
            <button
              type="button"
              className={cx(styles.kind, styles.on, styles.only)}
              title={t("record.timeline.everybody")}
              onClick={() => onShow({ ...shown, who: undefined, team: undefined, by: undefined })}
            >
              <span className="ellipsis">{t("record.timeline.of", { who: narrowed.join(", ") })}</span>
              <X aria-hidden />
            </button>
          )}
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
          {narrow.length > 0 && (
            <Dropdown
              placement="bottomRight"
              label={t("record.timeline.narrow")}
              menu={{
                selectedKeys: [
                  shown.who && `who ${shown.who}`,
                  shown.team && `team ${shown.team}`,
                  shown.by && `by ${shown.by}`,
                  narrowed.length ? "" : "all",
                ].filter((key): key is string => Boolean(key)),
                items: [{ key: "all", label: t("record.timeline.everybody") }, { type: "divider" }, ...narrow],
                onClick: ({ key }) => {
                  const [what = "", ...rest] = key.split(" ");
                  const value = rest.join(" ");
                  if (what === "all") onShow({ ...shown, who: undefined, team: undefined, by: undefined });
                  else onShow({ ...shown, [what]: shown[what as "who"] === value ? undefined : value });
                },
              }}
            >
              <IconButton
                small
                pressed={narrowed.length > 0}
                icon={who ? <Avatar name={who.title} id={who.id} size={18} /> : <ListFilter />}
                label={
                  narrowed.length ? t("record.timeline.of", { who: narrowed.join(", ") }) : t("record.timeline.narrow")
                }
              />
            </Dropdown>
          )}
        </>
      )}
      {aside}
    </div>
  );
}
