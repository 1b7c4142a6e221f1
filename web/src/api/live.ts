/** The event stream: what changes while somebody looks. One for the page, open while anybody listens. */
import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { keys } from "./queries";

export interface LiveEvents {
  /** Records changed; without an object anything may have, without ids many of it. */
  records: { object: string | null; ids: string[] | null };
  catalog: { version: number };
  job: Record<string, unknown>;
  /** For who shapes flows: a run of one went on. */
  flow: { flow: string | null; run: string | null };
  /** What one is told changed. */
  notification: Record<string, never>;
  signed_out: Record<string, never>;
}

type Kind = keyof LiveEvents;
type Listener = (data: never) => void;

const KINDS: Kind[] = ["records", "catalog", "job", "flow", "notification", "signed_out"];
/** After a refusal it is asked for again, ever more seldom. */
const AGAIN = 3_000;
const SELDOM_AGAIN = 60_000;
/** What was on its way while it was closed or opened. */
const SLACK = 2_000;
const listeners = new Map<Kind, Set<Listener>>();
let source: EventSource | null = null;
/** Since when nobody heard it: from the moment at which the page began to read. */
let deaf = performance.timeOrigin;
let lost = false;
let again = AGAIN;

const listened = (): boolean => [...listeners.values()].some((some) => some.size > 0);

/** A browser keeps few connections to one server, for all its tabs: only a page that is looked at holds one. */
function open(): void {
  if (source || !listened() || document.hidden || typeof EventSource === "undefined") return;
  const opened = new EventSource(`/api/v1/stream?ago=${Math.max(0, Math.round(Date.now() - deaf)) + SLACK}`);
  source = opened;
  opened.onerror = () => {
    lost = true;
    // The browser asks again by itself, but not after an answer that was a refusal.
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return;
    source = null;
    setTimeout(open, again);
    again = Math.min(2 * again, SELDOM_AGAIN);
  };
  opened.onopen = () => {
    if (lost) {
      missed();
      tell("catalog", { version: 0 });
    }
    lost = false;
    again = AGAIN;
  };
  for (const kind of KINDS)
    opened.addEventListener(kind, (event) => {
      const data = JSON.parse((event as MessageEvent<string>).data);
      if (kind === "records" && data.object === null) missed();
      else tell(kind, data);
    });
}

function close(): void {
  if (!source) return;
  source.close();
  source = null;
  deaf = Date.now();
}

if (typeof EventSource !== "undefined") {
  window.addEventListener("online", missed);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
}

function tell<K extends Kind>(kind: K, data: LiveEvents[K]): void {
  for (const listener of listeners.get(kind) ?? []) (listener as (data: LiveEvents[K]) => void)(data);
}

/** What happened while nobody heard it is not told again: anything may have. */
function missed(): void {
  tell("records", { object: null, ids: null });
  tell("job", {});
  tell("flow", { flow: null, run: null });
  tell("notification", {});
}

/** Hears events of one kind while the component is there. */
export function useLive<K extends Kind>(kind: K, listener: (data: LiveEvents[K]) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const hear = (data: LiveEvents[K]) => latest.current(data);
    const some = listeners.get(kind) ?? new Set();
    listeners.set(kind, some.add(hear));
    open();
    return () => {
      some.delete(hear);
      // Another page may take its place at once.
      setTimeout(() => listened() || close(), 1000);
    };
  }, [kind]);
}

/** What could not be sent is sent again as soon as the server is there again. */
export const useBack = (waits: boolean, send: () => void): void =>
  useLive("records", ({ object }) => object === null && waits && send());

const leaving = new Set<string>();

/** Of what is being deleted here nothing is asked any more, whatever is told of it, until the returned is called. */
export function leave(ids: string[]): () => void {
  for (const id of ids) leaving.add(id);
  return () => ids.forEach(leaving.delete, leaving);
}

const SOON = 250;
/** News of records that are not on the screen may still belong there; a busy company must not keep every page asking. */
const SELDOM = 15_000;
const OFTEN = 4;
const MANY_PAGES = 3;

/** Asks again for what is on the screen: at once where a changed record is in it, else now and then. */
export class Freshener {
  #news = new Map<string, Set<string> | null>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When each query was asked for such news, lately. */
  #asked = new Map<string, number[]>();

  constructor(readonly client: QueryClient) {}

  hear({ object, ids }: LiveEvents["records"]): void {
    const name = object ?? "";
    const known = this.#news.get(name);
    this.#news.set(name, ids === null || known === null ? null : new Set([...(known ?? []), ...ids]));
    this.#timer ??= setTimeout(() => this.#look(), SOON);
  }

  #look(): void {
    this.#timer = null;
    const news = this.#news;
    this.#news = new Map();
    const now = Date.now();
    let later = 0;
    for (const query of this.client.getQueryCache().findAll({ queryKey: keys.records() })) {
      // An answer that is under way may be older than the news.
      if (query.state.data === undefined && query.isActive())
        void query.promise?.then(
          () => this.#wait(query, news, now) !== null && this.#again(query),
          () => undefined,
        );
      const wait = this.#wait(query, news, now);
      if (wait === null) continue;
      if (wait > 0) later = Math.max(later, wait);
      else {
        this.#asked.set(query.queryHash, [...(this.#asked.get(query.queryHash) ?? []).slice(1 - OFTEN), now]);
        this.#again(query);
      }
    }
    if (later > 0 && this.#timer === null) {
      for (const [name, ids] of news) if (!this.#news.has(name)) this.#news.set(name, ids);
      this.#timer = setTimeout(() => this.#look(), later);
    }
  }

  #again(query: Query): void {
    if (query.queryKey.some((part) => leaving.has(part as string))) return;
    void this.client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }

  /** Milliseconds until a query should be asked again; null for never. */
  #wait(query: Query, news: Map<string, Set<string> | null>, now: number): number | null {
    const [, object, what, id] = query.queryKey as [string, string, string, unknown];
    const data = query.state.data as { pages?: unknown[] } | undefined;
    if (!query.isActive()) return 0;
    if (data === undefined || (what === "list" && (data.pages?.length ?? 0) > MANY_PAGES)) return null;
    const [all, own] = [news.get(""), news.get(object)];
    if (what === "one") return all === null || own === null || own?.has(String(id)) ? 0 : null;
    // Sums, timelines and related records reach further than their object.
    if (what === "list" && own === undefined && all === undefined) return null;
    const text = JSON.stringify(data);
    const inside = [...news.values()].some((ids) => ids !== null && [...ids].some((one) => text.includes(one)));
    if (inside || (typeof id === "string" && own?.has(id))) return 0;
    const asked = this.#asked.get(query.queryHash) ?? [];
    return asked.length < OFTEN ? 0 : Math.max(0, (asked[0] ?? 0) + SELDOM - now);
  }
}

/** Keeps what is on the screen as it is on the server while others work; once for the page. */
export function useFresh(): void {
  const client = useQueryClient();
  const freshener = useMemo(() => new Freshener(client), [client]);
  useLive("records", (news) => freshener.hear(news));
  /** What one may do stands in the catalog, whatever its version is; whoever is signed out is refused it, and shown to the door. */
  const look = async () => {
    const before = client.getQueryData(keys.catalog);
    await client.invalidateQueries({ queryKey: keys.catalog });
    if (client.getQueryData(keys.catalog) !== before) freshener.hear({ object: null, ids: null });
  };
  useLive("catalog", look);
  useLive("signed_out", look);
}
