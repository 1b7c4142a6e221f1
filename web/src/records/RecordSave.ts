/** Saving changes of one record while others may be changing it too: by field, so that both edits are kept. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { overNewest } from "../api/newest";
import { keys, touchRecords } from "../api/queries";
import { useUndo } from "../api/writes";
import type { Values } from "../fields/twin";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { useToast } from "../ui";
import { toWrite } from "./FormFields";

export { Stale, whoOf } from "../api/newest";

interface SaveOptions {
  /** What the toast with the undo says; none without it. */
  done?: string;
  /** It is seen where it was done: no toast is shown. */
  quiet?: boolean;
}

/**
 * Saves `values` (as read) over `record`. When it was changed meanwhile, but in other fields, the save goes on over the newer
 * version; when the same fields were changed it throws {@link Stale}. Other refusals are ApiErrors, for the caller to show.
 */
export function useSave(object: ObjectDef) {
  const client = useQueryClient();
  const toast = useToast();
  const undo = useUndo();
  return useCallback(
    async (record: RecordData, values: Values, options: SaveOptions = {}): Promise<RecordData> => {
      const key = keys.record(object.name, record.id);
      const written = toWrite(values, object.fields);
      const answer = await overNewest(object.name, record, written, values, (fresh) => client.setQueryData(key, fresh));
      client.setQueryData(key, answer.data);
      void touchRecords(client);
      if (options.done) {
        const set = answer.changeSet;
        toast({ text: options.done, quiet: options.quiet, undo: set ? () => undo(set) : undefined });
      }
      return answer.data;
    },
    [object, client, toast, undo],
  );
}
