/** A flow's definition while it is edited. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import type { Definition, FullFlow } from "./model";
import { flowQuery } from "./queries";

const PAUSE = 500;

/** The definition as it is edited, with what came before and after, saved a moment after each change. */
export function useDraft(flow: FullFlow, failed: (reason: unknown) => void) {
  const client = useQueryClient();
  const [what, setWhat] = useState(flow.definition);
  const [past, setPast] = useState<Definition[]>([]);
  const [next, setNext] = useState<Definition[]>([]);
  const [saved, setSaved] = useState(flow.definition);
  const edit = useRef(flow.edit);
  const sending = useRef(Promise.resolve());
  const save = useCallback(
    (definition: Definition) => {
      sending.current = sending.current.then(async () => {
        try {
          const { data } = await api.patch<FullFlow>(`/flows/${flow.id}`, { definition }, edit.current);
          edit.current = data.edit;
          setSaved(definition);
          client.setQueryData(flowQuery(flow.id).queryKey, data);
        } catch (reason) {
          failed(reason);
        }
      });
      return sending.current;
    },
    [client, flow.id, failed],
  );
  const dirty = what !== saved;
  useEffect(() => {
    if (!dirty) return;
    const timer = setTimeout(() => void save(what), PAUSE);
    return () => clearTimeout(timer);
  }, [what, dirty, save]);
  const go = (to: Definition) => {
    setPast((before) => [...before.slice(-99), what]);
    setNext([]);
    setWhat(to);
  };
  return {
    what,
    dirty,
    go,
    flush: () => (dirty ? save(what) : sending.current),
    /** Another definition, saved at once. */
    keep: (to: Definition) => {
      go(to);
      return save(to);
    },
    /** What else was changed of the flow from here counts as read. */
    took: (changed: FullFlow) => {
      edit.current = changed.edit;
      client.setQueryData(flowQuery(flow.id).queryKey, changed);
    },
    undo: past.length
      ? () => {
          setNext([what, ...next]);
          setWhat(past[past.length - 1] as Definition);
          setPast(past.slice(0, -1));
        }
      : undefined,
    redo: next.length
      ? () => {
          setPast([...past, what]);
          setWhat(next[0] as Definition);
          setNext(next.slice(1));
        }
      : undefined,
  };
}

export type Draft = ReturnType<typeof useDraft>;
