/** How a list is ordered, grouped, and which columns it has; then what to do about a view that was changed. */
import { Archive, ArrowDown, ArrowDownUp, ArrowUp, Columns3, History, Layers, ListTree, Split, X } from "lucide-react";
import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { useCatalog } from "../api/queries";
import { twin } from "../fields";
import { useLabel, useLanguage, useT } from "../i18n";
import { inline } from "../i18n/words";
import { part } from "../renew";
import type { Grain } from "../schema/catalog";
import { parseSort, toggleSort } from "../schema/filter";
import { cx, Popover, usePhone } from "../ui";
import { say } from "../ui/title";
import { FieldPicker, usePicks } from "./FieldPicker";
import { boardFields, coverFields, dateFields, groups, isTime, type List } from "./list";
import styles from "./list.module.css";
import { MomentChoice } from "./Past";

const SaveSegment = part(() => import("../segments/SaveSegment"));

const ColumnChooser = part(() => import("./ColumnChooser"));
const GRAINS: Grain[] = ["day", "week", "month", "quarter", "year"];

export function Tools({ list }: { list: List }) {
  const t = useT();
  const phone = usePhone();
  const table = list.kind === "table";
  const columns = table || list.kind === "gallery";
  return (
    <>
      {list.kind !== "chart" && list.kind !== "calendar" && <SortTool list={list} />}
      {!table && !(phone && list.kind === "board") && <ByTool list={list} />}
      {table && !phone && <GroupTool list={list} />}
      {list.kind === "chart" && <SplitTool list={list} />}
      {columns && !phone && (
        <Tool
          icon={<Columns3 />}
          text={t(table ? "list.columns" : "list.fields")}
          name={t(table ? "list.columns" : "list.fields")}
        >
          {() => (
            <Suspense>
              <ColumnChooser list={list} />
            </Suspense>
          )}
        </Tool>
      )}
      <Tool icon={<History />} name={t("list.past")} text={phone ? "" : t("list.past")} on={list.moment !== undefined}>
        {(close) => (
          <MomentChoice
            value={list.moment}
            onPick={(moment) => {
              list.set({ moment, q: undefined, preview: undefined });
              close();
            }}
          />
        )}
      </Tool>
      {!list.moment && list.object.can.delete && list.object.area !== "settings" && (
        <button
          type="button"
          className={cx(styles.tool, list.archived && styles.toolOn)}
          aria-label={t("list.archived")}
          aria-pressed={list.archived !== undefined}
          data-tip={t("list.archived")}
          onClick={() => list.set({ archived: list.archived ? undefined : "only", preview: undefined })}
        >
          <Archive />
        </button>
      )}
      {list.filter && !list.moment && !list.archived && (
        <Suspense>
          <SaveSegment list={list} />
        </Suspense>
      )}
    </>
  );
}

interface ToolProps {
  icon: ReactNode;
  text: ReactNode;
  name: string;
  on?: boolean;
  children: (close: () => void) => ReactNode;
}

/** A quiet button with a panel. */
function Tool({ icon, text, name, on, children }: ToolProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      label={name}
      content={children(() => setOpen(false))}
    >
      <button type="button" aria-label={text ? undefined : name} className={cx(styles.tool, on && styles.toolOn)}>
        {icon}
        {text}
      </button>
    </Popover>
  );
}

function SortTool({ list }: { list: List }) {
  const t = useT();
  const phone = usePhone();
  const picks = usePicks(list.object, true).filter((pick) => pick.field.sortable);
  const keys = parseSort(list.sort);
  const first = picks.find((pick) => pick.path === keys[0]?.field);
  const said = first && `${first.label} · ${t(keys[0]?.down ? "list.sort.down" : "list.sort.up")}`;
  const told = useRef(said);
  // The order that a list comes with is there to be read; another is told of.
  useEffect(() => {
    if (said && told.current !== said) say(said);
    told.current = said;
  }, [said]);
  // What is looked at comes first, in the order of the columns, and stays there when it is pressed once more.
  const rank = (path: string) => list.columns.findIndex((x) => x.path === path) + 1 || (path === first?.path ? 0 : 999);
  return (
    <Tool
      icon={<ArrowDownUp />}
      name={t("list.sort")}
      text={first ? (phone ? first.label : t("list.sort.by", { field: first.label })) : t("list.sort")}
    >
      {() => (
        <FieldPicker
          picks={[...picks].sort((a, b) => rank(a.path) - rank(b.path))}
          mark={(pick) => {
            const key = keys.find((one) => one.field === pick.path);
            return (
              <span className={styles.mark}>
                {key &&
                  (key.down ? (
                    <ArrowDown role="img" aria-label={t("list.sort.down")} />
                  ) : (
                    <ArrowUp role="img" aria-label={t("list.sort.up")} />
                  ))}
              </span>
            );
          }}
          onPick={(one) => list.set({ sort: toggleSort(list.sort, one.path, twin(one.field).align === "right") }, true)}
        />
      )}
    </Tool>
  );
}

function GroupTool({ list }: { list: List }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { group } = list;
  const picks = usePicks(list.object, true).filter(({ field }) => groups(field));
  const [head] = group?.path.split(".") ?? [];
  const via = group?.path.includes(".") ? catalog.field(list.object, head ?? "") : undefined;
  const name = group && [via && label(via.label), label(group.field.label)].filter(Boolean).join(" › ");
  return (
    <Tool
      icon={<ListTree />}
      name={t("list.group")}
      text={name ? t("list.group.of", { field: name }) : t("list.group")}
      on={Boolean(group)}
    >
      {(close) => (
        <div className={styles.choices}>
          {group && (
            <button type="button" className={styles.pick} onClick={() => list.set({ group: "" })}>
              <X />
              {t("list.group.none")}
            </button>
          )}
          {group && isTime(group.field) && <Grains list={list} />}
          <FieldPicker
            picks={picks}
            onPick={(pick) => {
              list.set({ group: pick.path });
              close();
            }}
          />
        </div>
      )}
    </Tool>
  );
}

/** What splits each mark of a chart; a mean cannot be split, and a funnel is not. */
function SplitTool({ list }: { list: List }) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const { split, by } = list;
  const picks = usePicks(list.object, true).filter(
    ({ field, path }) => groups(field) && !isTime(field) && path !== by?.path,
  );
  if (!picks.length || list.look.fn === "avg" || list.look.shape === "funnel") return null;
  const name = split && inline(label(split.field.label, split.path), language);
  return (
    <Tool
      icon={<Split />}
      name={t("list.split")}
      text={name ? t("list.split.of", { field: name }) : t("list.split")}
      on={Boolean(split)}
    >
      {(close) => (
        <div className={styles.choices}>
          {split && (
            <button type="button" className={styles.pick} onClick={() => list.set({ split: "" })}>
              <X />
              {t("list.split.none")}
            </button>
          )}
          <FieldPicker
            picks={picks}
            onPick={(pick) => {
              list.set({ split: pick.path });
              close();
            }}
          />
        </div>
      )}
    </Tool>
  );
}

/** How finely days are put together. */
export function Grains({ list }: { list: List }) {
  const t = useT();
  return (
    <div className={styles.kinds} role="group" aria-label={t("list.grain")}>
      {GRAINS.map((grain) => (
        <button
          key={grain}
          type="button"
          aria-pressed={grain === (list.look.grain ?? "month")}
          onClick={() => list.set({ grain }, true)}
        >
          {t(`list.grain.${grain}`)}
        </button>
      ))}
    </div>
  );
}

/** What a board, a calendar, a gallery or a chart goes by. */
function ByTool({ list }: { list: List }) {
  const t = useT();
  const { language } = useLanguage();
  const label = useLabel();
  const catalog = useCatalog();
  const { object, kind, by } = list;
  const deep = usePicks(object, true).filter(({ field }) => groups(field));
  const fields =
    kind === "board" ? boardFields(catalog, object) : kind === "gallery" ? coverFields(object) : dateFields(object);
  const picks =
    kind === "chart"
      ? deep
      : fields.map((field) => ({ path: field.name, field, label: label(field.label, field.name) }));
  if (picks.length < 2) return null;
  return (
    <Tool
      icon={<Layers />}
      name={t("list.by")}
      text={t(kind === "gallery" ? "list.cover.of" : "list.by.of", {
        field: inline(label(by?.field.label, by?.path), language),
      })}
    >
      {(close) => (
        <FieldPicker
          picks={picks}
          onPick={(pick) => {
            list.set({ by: pick.path });
            close();
          }}
        />
      )}
    </Tool>
  );
}
