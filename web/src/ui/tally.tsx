/** A number beside words: how many there are. */
import type { ReactNode } from "react";

/** How many, heard apart from what there are so many of. */
export function Tally({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <>
      <span className="sr">, </span>
      <span className={className}>{children}</span>
    </>
  );
}
