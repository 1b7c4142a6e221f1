/** The focus goes back from what is gone. */
import { useEffect, useState } from "react";

/** Whether nothing has the focus: what had it was taken away. */
export const focusLost = (): boolean => !document.activeElement || document.activeElement === document.body;

/** What comes and goes with this gives the focus back when it takes it along: to where it was before, or else to the page. */
export function useReturning(): void {
  const [from] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (!focusLost()) return;
        const back = from instanceof HTMLElement && from !== document.body && from.isConnected ? from : null;
        (back ?? document.getElementById("sheet"))?.focus({ preventScroll: true });
      });
    },
    [from],
  );
}
