/** What the panels of a record ask, and the code that they need, apart from them: sent for while the record itself is under way. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { arrived } from "../renew";
import type { ObjectDef } from "../schema/catalog";
import { sentFor } from "../ui/later";

const panels = sentFor(() => arrived(() => import("./Panels")));
const chain = sentFor(() => arrived(() => import("./Chain")));

export const { Part: Panels } = panels;
export const { Part: Chain } = chain;

/** The panels that a layout shows, in one question. */
export const panelsQuery = (object: ObjectDef, id: string) =>
  queryOptions({
    queryKey: keys.panels(object.name, id, object.layout.panels),
    queryFn: ({ signal }) =>
      api.get<{ data: Record<string, unknown> }>(
        `/records/${object.name}/${id}/panels`,
        { names: object.layout.panels.join(",") },
        signal,
      ),
    staleTime: 30_000,
  });

/** Sends for the code of the panels that a layout shows. */
export function sendForPanels(object: ObjectDef): void {
  const wanted = [panels, ...(object.layout.panels.includes("chain") ? [chain] : [])];
  for (const part of wanted) part.send().catch(() => undefined);
}
