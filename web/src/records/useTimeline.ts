/** What happened around a record, page by page, and how much of what kind. */
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys } from "../api/queries";
import type { Label, ObjectDef, RecordData, Ref } from "../schema/catalog";

/** What is shown; part of the address. */
export interface Shown {
  /** A kind; "history" for the changes with their undo. */
  show?: string;
  /** Words. */
  q?: string;
  /** Whose doing. */
  who?: string;
  /** Which team's. */
  team?: string;
  /** By which channel. */
  by?: string;
}

interface Tally {
  counts?: Record<string, number>;
  channels?: Record<string, number>;
  users?: Doer[];
  teams?: Doer[];
}

interface Doer {
  id: string;
  title: string;
  count: number;
}

/** What did something of itself: how it is called, and who had set it off. */
export interface Through {
  label: Label;
  by: Ref | null;
}

export interface TimelineItem {
  kind: string;
  at: string;
  actor: Ref | null;
  /** A flow did it, with the rights of the actor. */
  by?: "flow";
  /** Which one, and who had set it off. */
  through?: Through | null;
  /** It was brought in: who created it where it comes from, and when. */
  origin?: { actor: Ref | null; at: string };
  object: string;
  id: string;
  title: string;
  body: string;
  record: RecordData | null;
  changes: Record<string, [unknown, unknown]> | null;
  change_set?: string | null;
  /** The journal's own word where it is a change of the record itself: update, delete, restore. */
  change?: string;
  /** Which record that belongs to this one it is about. */
  about?: Ref;
}

interface TimelinePage extends Tally {
  data: TimelineItem[];
  next: string | null;
}

/** Nothing is left out. */
export const ALL: Shown = {};

/** The first page of everything comes with the counts of it: who shows them and who shows the entries ask once. */
export function timelineQuery(object: ObjectDef, id: string, { show, q, who, team, by }: Shown) {
  const some = show || q || who || team || by;
  return infiniteQueryOptions({
    queryKey: keys.timeline(object.name, id, some ? { show, q, who, team, by } : null),
    queryFn: ({ pageParam, signal }) =>
      api.get<TimelinePage>(
        `/records/${object.name}/${id}/timeline`,
        {
          limit: 20,
          cursor: pageParam ?? undefined,
          include: some || pageParam ? undefined : "count",
          ...{ kinds: show, q, user: who, team, channel: by },
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 15_000,
  });
}

export const useTimeline = (object: ObjectDef, record: RecordData, shown: Shown) =>
  useInfiniteQuery({
    ...timelineQuery(object, record.id, shown),
    placeholderData: (before) => (shown.q ? before : undefined),
  });
