/** The mark: two interlaced lozenges (方胜), pine over ink; and the name written beside it. */

const OVER =
  "M12.6 14.4 9.7 17.3Q9 18 8.3 17.3L1.7 10.7Q1 10 1.7 9.3L8.3 2.7Q9 2 9.7 2.7L16.3 9.3Q17 10 16.3 10.7L15.4 11.6";
const UNDER =
  "M15.4 5.6 18.3 2.7Q19 2 19.7 2.7L26.3 9.3Q27 10 26.3 10.7L19.7 17.3Q19 18 18.3 17.3L11.7 10.7Q11 10 11.7 9.3L12.6 8.4";
const WORD =
  "M4.6 0.7 4.4 0.9C5.3 1.9 6.2 3.4 6.4 4.8C8.7 6.4 10.7 1.9 4.6 0.7ZM16.7 8.7 15.3 10.5H10.8C10.9 9.9 10.9 9.4 10.9 9V6H17.5C17.8 6 18 5.9 18.1 5.7C17.2 4.9 15.6 3.8 15.6 3.8L14.3 5.5H11.6C13 4.4 14.4 3 15.2 2C15.7 2 15.9 1.8 16 1.6L12.7 0.6C12.4 2.1 11.7 4 11.1 5.5H2L2.2 6H8.3V9C8.3 9.5 8.3 10 8.3 10.5H0.8L0.9 11H8.2C7.7 14 6 16.8 0.5 19.1L0.6 19.3C8.1 17.6 10.2 14.3 10.7 11.2C11.9 15.4 13.9 17.9 17.4 19.3C17.7 18.1 18.5 17.3 19.4 17L19.4 16.8C15.8 16.1 12.6 14.1 11.1 11H18.7C19 11 19.2 10.9 19.3 10.7C18.3 9.9 16.7 8.7 16.7 8.7ZM28.4 14.6 25.7 13C24.9 14.7 23.1 17.1 21.3 18.5L21.5 18.8C24 17.8 26.3 16.2 27.7 14.8C28.1 14.9 28.3 14.8 28.4 14.6ZM33 13.2 32.8 13.4C34.4 14.6 36.2 16.5 36.8 18.3C39.4 19.7 40.7 14.6 33 13.2ZM33.5 8.4 33.3 8.6C34 9.1 34.7 9.8 35.4 10.5C31.4 10.7 27.7 10.8 25.2 10.9C29.2 9.7 33.9 7.8 36.1 6.4C36.6 6.6 36.9 6.5 37.1 6.3L34.6 4.4C34 5 33.1 5.6 32.1 6.4C29.5 6.4 27.1 6.5 25.5 6.5C27.5 6 29.9 5.1 31.2 4.4C31.6 4.5 31.9 4.4 32 4.2L30.6 3.4C33 3.2 35.3 3 37.1 2.7C37.8 3 38.2 3 38.5 2.8L36.2 0.5C32.9 1.6 26.7 2.8 21.8 3.4L21.9 3.7C24 3.7 26.2 3.7 28.5 3.5C27.3 4.5 25.6 5.7 24.2 6.1C24 6.1 23.5 6.2 23.5 6.2L24.7 8.7C24.8 8.7 24.9 8.5 25.1 8.4C27.3 8 29.2 7.5 30.8 7.2C28.5 8.6 25.8 9.9 23.6 10.6C23.3 10.7 22.6 10.7 22.6 10.7L23.8 13.3C24 13.2 24.2 13 24.3 12.8C26.1 12.6 27.8 12.3 29.3 12.1V16.8C29.3 17 29.2 17.2 28.9 17.2C28.5 17.2 26.8 17.1 26.8 17.1V17.3C27.8 17.4 28.1 17.7 28.4 18C28.7 18.3 28.7 18.8 28.8 19.5C31.4 19.3 31.8 18.4 31.8 16.9V11.7C33.3 11.4 34.7 11.2 35.8 11C36.4 11.7 36.9 12.4 37.2 13.1C39.6 14.4 40.8 9.5 33.5 8.4Z";

interface MarkProps {
  /** Height in pixels; the width follows (28:20). */
  size?: number;
  /** `plain` for the corner, `pale` for empty states, `night` on the pine ground. */
  tone?: "plain" | "pale" | "night";
}

export function Mark({ size = 21, tone = "plain" }: MarkProps) {
  return (
    <svg className={`mark mark-${tone}`} width={size * 1.4} height={size} viewBox="0 0 28 20" aria-hidden="true">
      <path d={UNDER} className="mark-under" />
      <path d={OVER} className="mark-over" />
    </svg>
  );
}

export function Word({ size = 19 }: { size?: number }) {
  return (
    <svg width={size * 2} height={size} viewBox="0 0 41 20.5" fill="currentColor" role="img" aria-label="Guanxi 关系">
      <path d={WORD} />
    </svg>
  );
}

/** The mark grown large in thin nested lines: first run and sign-in. */
export function Lattice() {
  const rings = Array.from({ length: 7 }, (_, ring) => 59 + ring * 32.5);
  return (
    <svg className="lattice" viewBox="0 0 580 900" fill="none" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      {rings.map((half, ring) => (
        <g key={half} strokeWidth="1.4" strokeOpacity={0.42 - ring * 0.045}>
          {[
            [226, "var(--night-accent)"],
            [442, "var(--night-text)"],
          ].map(([x, colour]) => (
            <rect
              key={x}
              x={Number(x) - half}
              y={706 - half}
              width={half * 2}
              height={half * 2}
              rx={12 + ring * 4.5}
              transform={`rotate(45 ${x} 706)`}
              stroke={String(colour)}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}
