/** Whether what asked is still there when the answer comes. */
import { type RefObject, useEffect, useRef } from "react";

/** What is closed while its answer is awaited closes nothing that was opened since, and leads nowhere. */
export function useHere(): RefObject<boolean> {
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return here;
}
