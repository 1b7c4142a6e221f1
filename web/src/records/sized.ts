import { type RefObject, useLayoutEffect, useState } from "react";

/** How wide or high a box is, without its edge and bars: known before it is first seen, and followed. */
export function useSized(ref: RefObject<HTMLElement | null>, side: "clientWidth" | "clientHeight"): number {
  const [size, setSize] = useState(0);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    const read = () => setSize(box[side]);
    const sized = new ResizeObserver(read);
    sized.observe(box);
    read();
    return () => sized.disconnect();
  }, [ref, side]);
  return size;
}
