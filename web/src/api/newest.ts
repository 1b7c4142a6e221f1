/** A change of a record while others may be changing it too: by field, so that both edits are kept. */
import type { RecordData } from "../schema/catalog";
import { same } from "../schema/filter";
import { type Answer, ApiError, api } from "./client";

type Values = Record<string, unknown>;

/** Somebody else changed the same fields meanwhile. */
export class Stale extends Error {
  constructor(
    /** The record as it is now. */
    readonly fresh: RecordData,
    /** The fields that both changed. */
    readonly fields: string[],
    /** What the server said. */
    readonly refusal: ApiError,
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

const TURNS = 3;

/**
 * Writes `values`, which read as `shown`, over `record`. When it was changed meanwhile, but in other fields, that goes over the newer
 * version, which `onFresh` hears of; when the same fields were changed it throws {@link Stale}. Other refusals are ApiErrors.
 */
export async function overNewest(
  object: string,
  record: RecordData,
  values: Values,
  shown: Values,
  onFresh?: (fresh: RecordData) => void,
): Promise<Answer<RecordData>> {
  const path = `/records/${object}/${record.id}`;
  let { version } = record;
  for (let turn = 0; ; turn++) {
    try {
      return await api.patch<RecordData>(path, { values }, version);
    } catch (reason) {
      if (!(reason instanceof ApiError) || reason.status !== 412 || turn === TURNS) throw reason;
      const fresh = await api.get<RecordData>(path);
      onFresh?.(fresh);
      const fields = Object.keys(shown).filter(
        (name) => !same(fresh[name], record[name]) && !same(fresh[name], shown[name]),
      );
      if (fields.length) throw new Stale(fresh, fields, reason);
      version = fresh.version;
    }
  }
}
