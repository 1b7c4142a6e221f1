/** Failures that a part of the page tells of where they happened; of all others the page tells at its head. */
import { useEffect } from "react";
import { news } from "../api/news";

const told = new Map<unknown, number>();
const { tell, hear } = news();

function count(error: unknown, by: 1 | -1): void {
  const now = (told.get(error) ?? 0) + by;
  if (now > 0) told.set(error, now);
  else told.delete(error);
  tell();
}

/** While the component is there it tells of this failure. */
export function useTold(error: unknown): void {
  useEffect(() => {
    if (!error) return;
    count(error, 1);
    return () => count(error, -1);
  }, [error]);
}

let again: (() => void) | undefined;
let whole = 0;

/** How everything that failed is asked for again. */
export function onAgain(everything: () => void): () => void {
  again = everything;
  return () => {
    if (again === everything) again = undefined;
  };
}

/** While the component is there it stands for all that failed: nothing else on the page offers to try again. */
export function useWhole(stands: boolean): void {
  useEffect(() => {
    if (!stands) return;
    const turn = (by: 1 | -1) => {
      whole += by;
      tell();
    };
    turn(1);
    return () => turn(-1);
  }, [stands]);
}

export const isWhole = (): boolean => whole > 0;

export const tryAgain = (): void => again?.();

export const isTold = (error: unknown): boolean => told.has(error);

export const onTold = hear;
