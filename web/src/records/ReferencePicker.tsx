/** Finding a record of any object, through the one search box. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import styles from "../fields/fields.module.css";
import { controlOf, type InputProps } from "../fields/twin";
import { useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { Icon, useEager } from "../ui";
import { Select } from "../ui/antd";

interface Hit {
  object: string;
  id: string;
  title: string;
  subtitle?: string | null;
}

type Props = Partial<InputProps> & {
  value: Ref | null;
  onChange: (value: Ref | null) => void;
  onCommit?: (value: Ref | null) => void;
};

export function ReferencePicker({ value, onChange, onCommit, ...rest }: Props) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [q, setQ] = useState("");
  const text = q.trim();
  const search = useQuery({
    queryKey: keys.search(text, "pick"),
    queryFn: ({ signal }) => api.get<{ data: Hit[] }>("/search", { q: text, limit: 20 }, signal),
    enabled: text !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    meta: { told: true },
  });
  // What happens on records is not itself something that things happen on.
  const hits = (search.data?.data ?? []).filter((hit) => !catalog.object(hit.object)?.activity);
  const choose = (hit: Hit | undefined) => {
    const next = hit ? { object: hit.object, id: hit.id, title: hit.title } : null;
    onChange(next);
    onCommit?.(next);
  };
  const [open, setOpen] = useState(false);
  const busy = search.isPending || search.isPlaceholderData;
  const eager = useEager(text !== "" && busy, () => {
    setOpen(false);
    setQ("");
    if (hits[0]) choose(hits[0]);
  });
  return (
    <Select
      {...controlOf(rest)}
      allowClear={!rest.field?.required}
      placeholder={t("fields.search")}
      open={open}
      onOpenChange={setOpen}
      showSearch={{
        filterOption: false,
        searchValue: q,
        onSearch: (asked) => {
          eager.typed();
          setQ(asked);
        },
      }}
      onInputKeyDown={eager.onKey}
      notFoundContent={t(
        text === ""
          ? "fields.type"
          : busy
            ? "fields.searching"
            : search.isError
              ? "shell.error.title"
              : "fields.nobody",
      )}
      value={value?.id}
      labelRender={() => value?.title ?? ""}
      options={hits.map((hit) => ({ value: hit.id, label: hit.title, hit }))}
      optionRender={({ data }) => (
        <span className={styles.option}>
          <Icon name={catalog.object(data.hit.object)?.icon} size={14} />
          <span>{data.hit.title}</span>
          <small>{label(catalog.object(data.hit.object)?.label)}</small>
        </span>
      )}
      onChange={(id?: string) => {
        setQ("");
        choose(hits.find((one) => one.id === id));
      }}
    />
  );
}
