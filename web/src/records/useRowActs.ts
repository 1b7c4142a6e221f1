/** What tables and galleries do with their records, and the keys for it: opening, previewing at the side, editing, choosing. */
import { useNavigate } from "@tanstack/react-router";
import type { RecordData } from "../schema/catalog";
import { useKeys } from "../shell/keys";
import type { BodyProps } from "./body";
import { usePreview } from "./list";

interface Place extends Pick<BodyProps, "list" | "rows" | "selection"> {
  /** Where the cursor is; below 0: nowhere. */
  at: number;
  rowAt: (at: number) => RecordData | undefined;
  /** Where choosing of a range began, which begins anew here. */
  anchor: (at: number) => number | undefined;
  step: (by: number) => void;
  onEdit: (row: RecordData) => void;
}

export function useRowActs({ list, rows, selection, at, rowAt, anchor, step, onEdit }: Place) {
  const navigate = useNavigate();
  const { object } = list;
  const shown = usePreview();
  const current = at < 0 ? undefined : rowAt(at);
  const open = (row: RecordData | undefined) =>
    row && void navigate({ to: "/o/$object/$id", params: { object: object.name, id: row.id } });
  const preview = (row: RecordData | undefined) =>
    list.set({ preview: row && shown !== row.id ? row.id : undefined }, true);
  /** Where the preview is open it shows the record that the cursor has come to. */
  const follow = (row: RecordData | undefined) => {
    if (shown && row && row.id !== shown) list.set({ preview: row.id }, true);
  };
  const choose = (index: number, extend: boolean) => {
    const row = rowAt(index);
    if (!row) return;
    const on = !selection.has(row.id);
    const begun = anchor(index);
    if (!extend || begun === undefined) return selection.choose([row.id], on);
    void rows.between(Math.min(begun, index), Math.max(begun, index)).then((found) =>
      selection.choose(
        found.map(({ id }) => id),
        on,
      ),
    );
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    x: (event) => choose(at, event.shiftKey),
    e: () => current && object.can.update && onEdit(current),
    enter: () => open(current),
    " ": () => preview(current),
    escape: () => (shown ? list.set({ preview: undefined }, true) : selection.clear()),
  });
  return { open, preview, shown, follow, choose };
}
