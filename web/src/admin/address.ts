/** What is chosen on a screen of the settings, in its address: back returns to it, and a link shows the same. */
import { useNavigate, useSearch } from "@tanstack/react-router";

export function useInAddress(name: string): [string | undefined, (value: string | null | undefined) => void] {
  const value = useSearch({ strict: false, select: (search) => (search as Record<string, unknown>)[name] });
  const navigate = useNavigate();
  const choose = (next: string | null | undefined) =>
    void navigate({
      to: ".",
      search: ((was: Record<string, unknown>) => ({ ...was, [name]: next ?? undefined })) as never,
    });
  return [typeof value === "string" ? value : undefined, choose];
}

/** A choice that the address may name wrongly. */
export const oneOf = <T extends string>(value: string | undefined, all: readonly T[]): T | undefined =>
  all.find((one) => one === value);
