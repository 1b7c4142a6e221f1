/** Finding a record by typing: name, pinyin, phone. Keyboard throughout; what is not there yet can be made on the spot. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import styles from "../fields/fields.module.css";
import { learnTitle } from "../fields/titles";
import { controlOf, type InputProps, type Values } from "../fields/twin";
import { useLabel, useLanguage, useT } from "../i18n";
import { inline } from "../i18n/words";
import { type RecordData, type Ref, titleOf } from "../schema/catalog";
import { Avatar, Combo, cx, useEager, useRested } from "../ui";
import { Select } from "../ui/antd";
import { QuickCreate } from "./forms";

// The form is made of inputs, some of which are pickers: it comes when it is needed, over the form that it is needed for.

interface PickerProps extends Partial<Pick<InputProps, "autoFocus" | "status" | "id" | "disabled" | "size" | "label">> {
  /** The object to choose from. */
  object: string;
  value: Ref[];
  onChange: (value: Ref[]) => void;
  /** A choice is made and nothing more is expected. */
  onCommit?: (value: Ref[]) => void;
  many?: boolean;
  /** All of many are shown, in as many lines as they take. */
  whole?: boolean;
  /** Of many mostly one is chosen: the list closes after each, for it would lie over what comes next. */
  few?: boolean;
  clear?: boolean;
  /** Choices above all others, such as "me". */
  extra?: Ref[];
  /** Only records that match. */
  filter?: unknown;
  /** The form that this is part of: a record that is made from here begins with the links that both have. */
  values?: Values;
  /** Records can be made from here, if the reader may. */
  create?: boolean;
}

interface Found {
  value: string;
  label: ReactNode;
  title: string;
  subtitle: string;
}

/** A choice of records of one object. */
export function Picker({
  object,
  value,
  onChange,
  onCommit,
  many,
  whole,
  few,
  clear,
  extra = [],
  filter,
  values,
  create = true,
  ...rest
}: PickerProps) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const catalog = useCatalog();
  const ctx = useFormatContext();
  const [making, setMaking] = useState<Values | null>(null);
  const def = catalog.object(object);
  const [q, setQ] = useState("");
  const [shown, setShown] = useState(Boolean(rest.autoFocus && onCommit));
  const settled = useRested(q.trim(), 140);
  const people = object === "user";
  const subtitle = (def?.subtitle ?? []).filter((name) => def?.fields.some((field) => field.name === name));
  const search = useQuery({
    queryKey: [...keys.records(object), "pick", settled, filter ?? null] as const,
    queryFn: ({ signal }) =>
      api.get<{ data: RecordData[] }>(
        `/records/${object}`,
        { q: settled, limit: 20, fields: [def?.title ?? "name", ...subtitle].join(","), filter: filter ?? undefined },
        signal,
      ),
    enabled: shown && def !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    meta: { told: true },
  });

  const found: Found[] = (search.data?.data ?? []).map((row) => {
    const title = def ? titleOf(def, row) : row.id;
    const under = subtitle
      .map((name) => {
        const field = def?.fields.find((one) => one.name === name);
        return field ? twin(field).format(row[name], field, ctx) : "";
      })
      .filter(Boolean)
      .join(" · ");
    return { value: row.id, label: title, title, subtitle: under };
  });
  const matched = extra.filter((one) => one.title.toLowerCase().includes(q.trim().toLowerCase()));
  const rows: Found[] = [
    ...matched.map((one) => ({ value: one.id, label: one.title, title: one.title, subtitle: "" })),
    ...found,
  ];
  const known = new Map(
    [...value, ...extra, ...rows.map((row) => ({ id: row.value, title: row.title }))].map((one) => [one.id, one]),
  );

  const pick = (ids: string[]) => {
    const next = ids.map((id) => known.get(id) ?? { id, title: id });
    for (const one of next) learnTitle(one.id, one.title);
    onChange(next);
    if (!many) onCommit?.(next);
    if (few) setShown(false);
    setQ("");
  };
  const busy = settled !== q.trim() || search.isPlaceholderData || search.isPending;
  const eager = useEager(busy && shown && q.trim() !== "", () => {
    const [row] = rows;
    const have = value.map((one) => one.id);
    if (!many) setShown(false);
    if (row && !have.includes(row.value)) pick(many ? [...have, row.value] : [row.value]);
  });
  const mayCreate = create && def?.can.create === true && !people;
  const make = () => {
    if (!def) return;
    setShown(false);
    const shared = def.fields.filter((field) => field.target && field.target !== "user" && values?.[field.name]);
    setMaking({
      ...Object.fromEntries(shared.map((field) => [field.name, values?.[field.name]])),
      ...(q.trim() ? { [def.title]: q.trim() } : {}),
    });
  };
  const made = async (id: string) => {
    setMaking(null);
    if (!def) return;
    const row = await api.get<RecordData>(`/records/${object}/${id}`);
    const ref = { id, title: titleOf(def, row) };
    learnTitle(id, ref.title);
    const next = many ? [...value, ref] : [ref];
    onChange(next);
    setQ("");
    if (!many) onCommit?.(next);
  };

  const drawn = (row: Found) => (
    <span className={styles.option}>
      {(people || !row.value.startsWith("$")) && <Avatar name={row.title} id={row.value} size={18} square={!people} />}
      <span dir="auto">{row.title}</span>
      {row.subtitle && <small className="ellipsis">{row.subtitle}</small>}
    </span>
  );
  const foot = mayCreate && (
    <div className={styles.foot}>
      <button type="button" className={styles.create} onMouseDown={(event) => event.preventDefault()} onClick={make}>
        <Plus />
        <span className={cx("ellipsis")}>
          {q.trim()
            ? t("fields.create.named", { name: q.trim() })
            : t("fields.create", { object: inline(label(def?.label), language) })}
        </span>
      </button>
    </div>
  );
  const nothing = t(busy ? "fields.searching" : search.isError ? "shell.error.title" : "fields.nobody");

  // A choice that is over with one key, as in a cell.
  const select =
    rest.autoFocus && onCommit && !many ? (
      <Combo
        id={rest.id}
        small={rest.size === "small"}
        status={rest.status}
        disabled={rest.disabled || !def}
        autoFocus
        label={rest.label}
        options={rows.map((row) => ({ value: row.value, text: row.title, node: drawn(row) }))}
        value={value[0]?.id}
        shown={value[0] ? (known.get(value[0].id)?.title ?? "") : ""}
        placeholder={t("fields.search")}
        nothing={nothing}
        busy={busy}
        q={q}
        onType={setQ}
        open={shown}
        onOpenChange={setShown}
        onPick={(id) => pick(id === null ? [] : [id])}
        clear={clear ? t("shell.clear") : undefined}
        foot={foot}
        onEnter={() => mayCreate && q.trim() && make()}
      />
    ) : (
      <Select
        {...controlOf(rest)}
        disabled={rest.disabled || !def}
        mode={many ? "multiple" : undefined}
        allowClear={clear}
        open={shown}
        onOpenChange={setShown}
        showSearch={{
          filterOption: false,
          searchValue: q,
          onSearch: (text) => {
            eager.typed();
            setQ(text);
          },
        }}
        placeholder={t("fields.search")}
        maxTagCount={many && !whole ? "responsive" : undefined}
        notFoundContent={nothing}
        value={many ? value.map((one) => one.id) : value[0]?.id}
        options={rows}
        prefix={people && !many && value[0] && <Avatar name={value[0].title} id={value[0].id} size={18} />}
        // Words alone: of anything else that stands there the id is said.
        labelRender={({ value: id }) => known.get(String(id))?.title ?? ""}
        optionRender={({ data }) => drawn(data as Found)}
        popupRender={(menu) => (
          <>
            {menu}
            {foot}
          </>
        )}
        onChange={(next: string | string[] | undefined) =>
          pick(Array.isArray(next) ? next : next === undefined ? [] : [next])
        }
        onInputKeyDown={(event) => {
          // Nothing found and Enter pressed with Ctrl: make it.
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            if (many && onCommit && !q) onCommit(value);
            else if (mayCreate && q.trim()) make();
          } else eager.onKey(event);
        }}
      />
    );
  return (
    <>
      {select}
      {making && (
        <Suspense>
          <QuickCreate object={object} values={making} onDone={(id) => void made(id)} onClose={() => setMaking(null)} />
        </Suspense>
      )}
    </>
  );
}
