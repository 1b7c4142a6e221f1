/** What may wait for the screen's next picture: a press is answered by that picture, so it should have little else to draw. */
import { useEffect, useState } from "react";

/** Runs it once the next picture has been drawn; answers how to take that back. */
export function afterPicture(run: () => void): () => void {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    run();
  };
  requestAnimationFrame(() => setTimeout(once, 0));
  // A page that nobody sees draws nothing.
  setTimeout(once, 200);
  return () => {
    over = true;
  };
}

/** A value one picture later than it is: for what need not be drawn with the first answer. */
export function useAfterPicture<T>(value: T, first: T): T {
  const [drawn, setDrawn] = useState(first);
  useEffect(() => (Object.is(drawn, value) ? undefined : afterPicture(() => setDrawn(value))), [drawn, value]);
  return drawn;
}
