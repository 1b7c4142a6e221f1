/** Saving changes of one record while others may be changing it too: by field, so that both edits are kept. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { ApiError, api } from "../api/client";
import { keys, touchRecords } from "../api/queries";
import { useUndo } from "../api/writes";
import type { Values } from "../fields/twin";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { same } from "../schema/filter";
import { useToast } from "../ui";
import { toWrite } from "./FormFields";

/** Somebody else changed the same fields meanwhile. */
export class Stale extends Error {
  constructor(
    /** The record as it is now. */
    readonly fresh: RecordData,
    /** The fields that both changed. */
    readonly fields: string[],
  ) {
    super("stale");
  }

  /** Who changed it last. */
  get who(): string {
    return whoOf(this.fresh);
  }
}

export function whoOf(record: RecordData): string {
  return (record.updated_by as { title?: string } | null)?.title ?? "";
}

interface SaveOptions {
  /** What the toast with the undo says; none without it. */
  done?: string;
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
      const path = `/records/${object.name}/${record.id}`;
      const key = keys.record(object.name, record.id);
      let base = record;
      for (let turn = 0; ; turn++) {
        try {
          const answer = await api.patch<RecordData>(path, { values: toWrite(values, object.fields) }, base.version);
          client.setQueryData(key, answer.data);
          void touchRecords(client);
          if (options.done) {
            const set = answer.changeSet;
            toast({ text: options.done, undo: set ? () => undo(set) : undefined });
          }
          return answer.data;
        } catch (reason) {
          if (!(reason instanceof ApiError) || reason.status !== 412 || turn > 2) throw reason;
          const fresh = await api.get<RecordData>(path);
          client.setQueryData(key, fresh);
          const fields = Object.keys(values).filter(
            (name) => !same(fresh[name], record[name]) && !same(fresh[name], values[name]),
          );
          if (fields.length) throw new Stale(fresh, fields);
          base = fresh;
        }
      }
    },
    [object, client, toast, undo],
  );
}
