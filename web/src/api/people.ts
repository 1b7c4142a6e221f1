/** People and teams to choose from, in companies of any size: the server finds them. */
import { useQuery } from "@tanstack/react-query";
import type { Filter } from "../schema/filter";
import { api } from "./client";

export interface Person {
  id: string;
  name: string;
}

const MANY = 100;

/** Users or teams: those who fit what was typed, of those whom `filter` takes, and whoever of `chosen` is not among them. */
export function usePeople(
  object: "user" | "team",
  typed = "",
  chosen: string[] = [],
  { filter, enabled }: { filter?: Filter; enabled?: boolean } = {},
): Person[] {
  const ask = (params: Record<string, unknown>) =>
    api.get<{ data: Person[] }>(`/records/${object}`, { fields: "name", limit: MANY, ...params }).then((a) => a.data);
  const found = useQuery({
    queryKey: ["records", object, "names", typed, filter],
    queryFn: () => ask({ filter, ...(typed ? { q: typed } : { sort: "name" }) }),
    enabled,
    placeholderData: (before) => before,
  });
  const rows = found.data ?? [];
  const missing = found.data ? chosen.filter((id) => rows.every((row) => row.id !== id)).sort() : [];
  const named = useQuery({
    queryKey: ["records", object, "named", missing],
    queryFn: () => ask({ filter: { field: "id", op: "in", value: missing.slice(0, MANY) } }),
    enabled: missing.length > 0,
    placeholderData: (before) => before,
  });
  return [...rows, ...(named.data ?? []).filter((one) => missing.includes(one.id))];
}

/** A box that asks again while one types: what the server finds, by pinyin too, is shown beside labels that fit. */
export const searched = (onSearch: (typed: string) => void, found: Person[]) => ({
  onSearch,
  filterOption: (typed: string, option: { value?: unknown; label?: unknown } | undefined) =>
    String(option?.label ?? "")
      .toLowerCase()
      .includes(typed.toLowerCase()) || found.some((row) => String(option?.value ?? "").endsWith(row.id)),
});
