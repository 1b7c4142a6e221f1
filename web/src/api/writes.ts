/** Writes: shown before the server answers, taken back when it refuses, undone from the toast. */
import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useT } from "../i18n";
import type { RecordData } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { useRefusal, useToast } from "../ui/toast";
import { type Answer, ApiError, api } from "./client";
import { did } from "./firsts";
import { leave } from "./live";
import { overNewest, Stale } from "./newest";
import { keys, type Page, touchRecords } from "./queries";

export type Values = Record<string, unknown>;

export interface UpdateOptions {
  /** The record that it was made over: what somebody else wrote there in between is kept. */
  over?: RecordData;
  /** What was changed by both is asked about where it was written: nothing is said, and a `Stale` is thrown. */
  asks?: boolean;
  /** What the toast says; no toast without it. */
  done?: string;
  /** What to show at once where a value reads otherwise than it is written (a link's title). */
  shown?: Values;
  /** Come back only when the lists have been asked again. */
  settle?: boolean;
  /** What shows that it is being taken back, until the lists have been asked again. */
  back?: (undoing: Promise<unknown>) => void;
}

export interface MassAnswer {
  matched: number;
  changed: number;
  change_set: string | null;
}

/** What of an undone change stays, as it was edited since. */
interface Stays {
  kept: { object: string; id: string; title: string; reason: string }[];
}

/** What to do about records: all of these, or those that match. */
export type Target = { ids: string[] } | { filter: Filter | null; q?: string };

/** Takes change sets back, the last one first. What came of it is said by the toast that offers it, or by `useTaking`. */
export function useUndo(): (...changeSets: string[]) => Promise<Stays> {
  const client = useQueryClient();
  return async (...changeSets) => {
    const kept: Stays["kept"] = [];
    for (const set of changeSets.reverse()) {
      const { data } = await api.post<Stays>(`/change_sets/${set}/undo`, {});
      kept.push(...data.kept);
    }
    await touchRecords(client);
    return { kept };
  };
}

/** One's own changes that are under way, by record: what each leads to, if it is taken. */
const under = new Map<string, Promise<RecordData | undefined>>();

/** One's own changes of a record follow each other, each over what the one before made of it; another's keep theirs by field. */
function inTurn(
  object: string,
  id: string,
  values: Values,
  { over, shown }: UpdateOptions,
): Promise<Answer<RecordData>> {
  const own = `${object} ${id}`;
  const earlier = under.get(own);
  const write = async () => {
    const became = await earlier;
    if (!over) return api.patch<RecordData>(`/records/${object}/${id}`, { values });
    return overNewest(object, became ?? over, values, { ...values, ...shown });
  };
  const answer = write();
  const became = answer.then(
    ({ data }) => (over ? data : undefined),
    () => undefined,
  );
  under.set(own, became);
  void became.then(() => under.get(own) === became && under.delete(own));
  return answer;
}

/** Whatever refuses a write is said in a toast, but for what the caller `shows` itself: faults of fields, in a cell also that
 * the server is out of reach, or all there is. */
export function useWrites(object: string, shows?: "fields" | "cell" | "all") {
  const client = useQueryClient();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const t = useT();
  return useMemo(() => {
    const refused = (reason: unknown): unknown => {
      const { status } = reason instanceof ApiError ? reason : {};
      const shown = shows === "all" || (shows && status === 422) || (shows === "cell" && status === 0);
      if (status !== undefined && !shown) refuse(reason);
      return reason;
    };
    const told = <T>(answer: Promise<T>): Promise<T> =>
      answer.catch((reason: unknown) => {
        throw refused(reason);
      });
    const say = (changeSet: string | null, text: string | undefined, back?: UpdateOptions["back"]) => {
      const take = (set: string) => {
        const undoing = undo(set);
        back?.(undoing);
        return undoing;
      };
      if (text) toast({ text, of: changeSet ?? undefined, undo: changeSet ? () => take(changeSet) : undefined });
    };
    return {
      async create(values: Values, done?: string): Promise<RecordData> {
        const answer = await told(api.make<RecordData>(`/records/${object}`, { values }));
        client.setQueryData(keys.record(object, answer.data.id), answer.data);
        void touchRecords(client);
        did(`create ${object}`);
        say(answer.changeSet, done);
        return answer.data;
      },
      async update(id: string, values: Values, options: UpdateOptions = {}): Promise<RecordData> {
        const restore = await patchCaches(client, object, id, { ...values, ...options.shown });
        try {
          const answer = await inTurn(object, id, values, options);
          client.setQueryData(keys.record(object, id), answer.data);
          patchLists(client, object, id, answer.data);
          const touched = touchRecords(client, true);
          say(answer.changeSet, options.done, options.back);
          if (options.settle) await touched;
          return answer.data;
        } catch (reason) {
          restore();
          if (reason instanceof Stale && options.asks) throw reason;
          throw refused(reason instanceof Stale ? reason.refusal : reason);
        }
      },
      /** Whoever stands on what is gone `leaves` before anything is asked for again. */
      remove(ids: string[], { done, leaves }: { done?: string; leaves?: () => Promise<void> } = {}): Promise<void> {
        const removing = async () => {
          const answer =
            ids.length === 1
              ? await told(api.del(`/records/${object}/${ids[0]}`))
              : await told(api.post<MassAnswer>(`/records/${object}/mass`, { ids, delete: true }));
          await leaves?.();
          await touchRecords(client);
          say(
            answer.changeSet ?? (answer.data as MassAnswer | null)?.change_set ?? null,
            done ?? t("shell.deleted", { n: ids.length }),
          );
        };
        return removing().finally(leave(ids));
      },
      /** Out of all lists into the archive; what is there can be restored. */
      async archive(id: string): Promise<void> {
        const answer = await told(api.post(`/records/${object}/${id}/archive`));
        await touchRecords(client);
        say(answer.changeSet, t("list.archived.done", { n: 1 }));
      },
      async restore(id: string): Promise<void> {
        const answer = await told(api.post(`/records/${object}/${id}/restore`));
        await touchRecords(client);
        say(answer.changeSet, t("list.restored.done", { n: 1 }));
      },
      /** One change of many records, as one change set. */
      async mass(
        target: Target,
        act: { values: Values } | { delete: true } | { archive: true } | { restore: true },
        done: (n: number) => string,
      ): Promise<MassAnswer> {
        const answer = await told(api.post<MassAnswer>(`/records/${object}/mass`, { ...target, ...act }));
        await touchRecords(client);
        say(answer.data.change_set ?? answer.changeSet, done(answer.data.changed));
        return answer.data;
      },
    };
  }, [object, client, toast, refuse, undo, t, shows]);
}

/** Puts the new values into every list and record that is on the screen; answers how to take them out again. */
async function patchCaches(client: QueryClient, object: string, id: string, values: Values): Promise<() => void> {
  await client.cancelQueries({ queryKey: keys.records(object) });
  const before = [
    ...client.getQueriesData({ queryKey: keys.lists(object) }),
    ...client.getQueriesData({ queryKey: keys.record(object, id) }),
  ];
  patchLists(client, object, id, values);
  client.setQueryData<RecordData>(keys.record(object, id), (row) => (row ? { ...row, ...values } : row));
  return () => {
    for (const [key, data] of before) client.setQueryData(key, data);
    // What has come meanwhile was put back with it.
    void touchRecords(client, true);
  };
}

/** Only what a list asked for is put into it. */
function patchLists(client: QueryClient, object: string, id: string, values: Values): void {
  const patched = (row: RecordData): RecordData => ({
    ...row,
    ...Object.fromEntries(Object.entries(values).filter(([name]) => name in row)),
  });
  const page = (old: Page): Page => ({ ...old, data: old.data.map((row) => (row.id === id ? patched(row) : row)) });
  client.setQueriesData<InfiniteData<Page> | Page>({ queryKey: keys.lists(object) }, (data) =>
    data && "pages" in data ? { ...data, pages: data.pages.map(page) } : data?.data ? page(data) : data,
  );
}
