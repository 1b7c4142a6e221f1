/** Parts that are fetched when they are first drawn, and drawn at once from then on. */
import {
  type ComponentType,
  type CSSProperties,
  lazy,
  type ReactNode,
  startTransition,
  useEffect,
  useRef,
  useState,
} from "react";
import { cx } from "./cx";
import styles from "./ui.module.css";

const waiting: (() => Promise<unknown>)[] = [];

/** Whether somebody writes somewhere. */
const writing = () => document.activeElement?.matches("input, textarea, [contenteditable=true]") ?? false;

/**
 * A component whose code comes with `load`. Until it is here a control of the same size stands in its place, so that
 * nothing moves; when it comes it leaves the focus to whoever has begun to write elsewhere. Everything said here is also fetched once the page has nothing better to do.
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
export function later<Part extends ComponentType<any>>(load: () => Promise<Part>, place: "control" | "none" = "none") {
  type Props = Part extends ComponentType<infer P> ? P : never;
  let found: Part | null = null;
  let asked: Promise<Part> | null = null;
  const fetched = (): Promise<Part> => {
    asked ??= load().then(
      (part) => {
        found = part;
        return part;
      },
      (reason) => {
        asked = null;
        throw reason;
      },
    );
    return asked;
  };
  waiting.push(fetched);
  function Later(props: Props) {
    const [part, setPart] = useState<Part | null>(() => found);
    const [fault, setFault] = useState<unknown>(null);
    /** Whether it came later, and to somebody who writes elsewhere. */
    const late = useRef(part === null);
    const quiet = useRef(false);
    useEffect(() => {
      if (!part) fetched().then((one) => setPart(() => one), setFault);
    }, [part]);
    if (fault) throw fault;
    const Found = part as ComponentType<Props> | null;
    if (Found && late.current) {
      late.current = false;
      quiet.current = writing();
    }
    if (Found) return quiet.current ? <Found {...props} autoFocus={false} /> : <Found {...props} />;
    if (place === "none") return null;
    const { className, style } = props as { className?: string; style?: CSSProperties };
    return <span className={cx(styles.toCome, className)} style={style} aria-busy="true" />;
  }
  return Later as unknown as Part;
}

/**
 * A component whose code can be sent for before it is drawn. What has come by then is drawn at once: a part that is waited for,
 * if only for a moment, shows what stands in its place for a third of a second.
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
export function sentFor<Part extends ComponentType<any>>(load: () => Promise<{ default: Part }>) {
  let found: { default: Part } | null = null;
  const send = async (): Promise<{ default: Part }> => {
    found ??= await load();
    return found;
  };
  // biome-ignore lint/suspicious/noThenProperty: what `lazy` reads without waiting, as no promise can be
  const here = () => ({ then: (take: (part: { default: Part }) => void) => take(found as { default: Part }) });
  return { Part: lazy(() => (found ? (here() as unknown as Promise<{ default: Part }>) : send())), send };
}

/** Draws what is in it at once, or, where it is said to be far, once what is near has been drawn. */
export function Soon({ far, children }: { far: boolean; children: ReactNode }) {
  const [drawn, setDrawn] = useState(!far);
  useEffect(() => {
    // A task of its own: what people see and press goes between.
    const timer = setTimeout(() => startTransition(() => setDrawn(true)), 0);
    return () => clearTimeout(timer);
  }, []);
  return drawn ? children : null;
}

/** Fetches all of them, one after the other, while nobody waits for anything. */
export async function fetchIdle(): Promise<void> {
  for (const load of waiting.splice(0)) {
    await new Promise<void>((done) =>
      "requestIdleCallback" in window ? requestIdleCallback(() => done(), { timeout: 2000 }) : setTimeout(done, 200),
    );
    await load().catch(() => undefined);
  }
}
