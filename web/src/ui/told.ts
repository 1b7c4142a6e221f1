/** Failures that a part of the page tells of where they happened; of all others the page tells at its head. */
import { useEffect } from "react";

const told = new Map<unknown, number>();
const listeners = new Set<() => void>();

function count(error: unknown, by: 1 | -1): void {
  const now = (told.get(error) ?? 0) + by;
  if (now > 0) told.set(error, now);
  else told.delete(error);
  for (const listener of listeners) listener();
}

/** While the component is there it tells of this failure. */
export function useTold(error: unknown): void {
  useEffect(() => {
    if (!error) return;
    count(error, 1);
    return () => count(error, -1);
  }, [error]);
}

export const isTold = (error: unknown): boolean => told.has(error);

export function onTold(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
