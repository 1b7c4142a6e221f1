/** Toasts: ink at the bottom left, with the way back in them, for eight seconds. */
import { AlertTriangle, Check, LoaderCircle, Undo2, X } from "lucide-react";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { ApiError, sending } from "../api/client";
import { type T, useT } from "../i18n";
import { useReturning } from "./returning";
import { say } from "./title";
import styles from "./toast.module.css";

/** Takes something back; answers what of it stays, as it was edited since. */
export type Undo = (() => Promise<{ kept: unknown[] }>) | (() => Promise<void>);

export interface Toast {
  text: string;
  tone?: "ok" | "warn" | "danger";
  /** The way back; what it took back is said by the name that the toast gave it. */
  undo?: Undo;
  action?: { label: string; run: () => void };
  /** The change set that can be undone: it is told of once. */
  of?: string;
  /** What was done is seen where it was done: it is said to those who hear the page, and the key takes it back. */
  quiet?: boolean;
}

const SECONDS = 8;
const Context = createContext<(toast: Toast) => () => void>(() => () => {});
const Back = createContext<() => void>(() => {});
// So many of one's last changes are remembered for the key.
const STEPS = 50;

/** Shows a toast, and answers what takes it away; stable, so it may stand in dependency lists. */
export const useToast = (): ((toast: Toast) => () => void) => useContext(Context);

/** Why the server did not do what was asked, in the reader's words; anything else is a fault of the page, for its makers. */
export function whyOf(reason: unknown, t: T): string {
  if (reason instanceof ApiError) return reason.errors[0]?.message ?? reason.message;
  reportError(reason);
  return t("shell.error.text");
}

/** Says in a toast why the server did not do what was asked. */
export function useRefusal(): (reason: unknown) => void {
  const t = useT();
  const toast = useToast();
  return useCallback((reason) => void toast({ text: whyOf(reason, t), tone: "danger" }), [toast, t]);
}

/** Takes back `what` and says so, or why not. */
export function useTaking(): (undo: Undo, what: string) => Promise<void> {
  const t = useT();
  const toast = useToast();
  return useCallback((undo, what) => take(undo, what, toast, t), [toast, t]);
}

async function take(undo: Undo, what: string, toast: (toast: Toast) => void, t: T): Promise<void> {
  try {
    const n = (await undo())?.kept.length;
    toast(n ? { text: t("shell.undo.kept", { what, n }), tone: "warn" } : { text: t("shell.undo.done", { what }) });
  } catch (reason) {
    toast({ text: whyOf(reason, t), tone: "danger" });
  }
}

/** Takes back the last change whose toast is in sight; where there is none, the last one made on this page. */
export const useTakeBack = (): (() => void) => useContext(Back);

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useT();
  const [toasts, setToasts] = useState<(Toast & { id: number })[]>([]);
  const next = useRef(0);
  const atOnce = useRef(new Set<string>());
  const close = useCallback((id: number) => setToasts((shown) => shown.filter((one) => one.id !== id)), []);
  const changes = useRef<{ id: number; path: string; of?: string; undo: NonNullable<Toast["undo"]> }[]>([]);
  const inSight = useRef(toasts);
  inSight.current = toasts;
  const takeBack = useCallback(() => {
    const last = () =>
      changes.current.findLast(
        (one) => one.path === location.pathname || inSight.current.some(({ id }) => id === one.id),
      );
    if (!sending.some()) return void last()?.undo();
    // What is still being written is taken back once it is there.
    const stop = sending.watch(() => {
      if (sending.some()) return;
      stop();
      setTimeout(() => void last()?.undo());
    });
  }, []);
  const show = useCallback(
    (given: Toast) => {
      // A second press has the answer of the first: it is told of once. Two changes are two, though they be called the same.
      const said = `${given.tone} ${given.text}`;
      if (!given.undo && atOnce.current.has(said)) return () => {};
      atOnce.current.add(said);
      setTimeout(() => atOnce.current.delete(said));
      next.current += 1;
      const id = next.current;
      if (given.of && changes.current.some((one) => one.of === given.of)) return () => {};
      const toast = { ...given };
      const { undo } = given;
      if (undo) {
        toast.undo = () => {
          changes.current = changes.current.filter((one) => one.id !== id);
          close(id);
          return take(undo, given.text, show, t);
        };
        changes.current = [...changes.current, { id, path: location.pathname, of: given.of, undo: toast.undo }].slice(
          -STEPS,
        );
      }
      if (given.quiet) {
        say(given.text);
        return () => {};
      }
      setToasts((shown) => [...shown.slice(-2), { ...toast, id }]);
      return () => close(id);
    },
    [close, t],
  );
  return (
    <Context.Provider value={show}>
      <Back.Provider value={takeBack}>{children}</Back.Provider>
      <div className={styles.stack} data-toasts role="status" aria-live="polite">
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} close={() => close(toast.id)} />
        ))}
        <UnderWay />
      </div>
    </Context.Provider>
  );
}

/** Milliseconds after which a write that is not answered is told of, and after which it is told that it takes long. */
const SLOW = 1000;
export const VERY_SLOW = 10_000;

/** What was written is under way: where the answer will be told, and only where it does not come at once. */
function UnderWay() {
  const t = useT();
  const some = useSyncExternalStore(sending.watch, sending.some);
  const [slow, setSlow] = useState(0);
  useEffect(() => {
    if (!some) return;
    const timers = [SLOW, VERY_SLOW].map((ms) => setTimeout(() => setSlow(ms), ms));
    return () => {
      timers.forEach(clearTimeout);
      setSlow(0);
    };
  }, [some]);
  if (slow === 0) return null;
  return (
    <div className={`${styles.toast} ${styles.ok}`} data-under-way>
      <LoaderCircle className="turning" />
      <span className={styles.text}>{t(slow === SLOW ? "shell.under_way" : "shell.under_way.long")}</span>
    </div>
  );
}

/** `still`: its clock stands. */
export function ToastCard({ toast, close, still }: { toast: Toast; close: () => void; still?: boolean }) {
  const t = useT();
  useReturning();
  const [left, setLeft] = useState(SECONDS);
  const [held, setHeld] = useState(false);
  const last = useRef(close);
  last.current = close;
  // Pointing at it, or having the keyboard in it, stops the clock.
  useEffect(() => {
    if (held || still) return;
    const clock = setInterval(() => setLeft((seconds) => seconds - 1), 1000);
    return () => clearInterval(clock);
  }, [held, still]);
  useEffect(() => {
    if (left <= 0) last.current();
  }, [left]);
  const tone = toast.tone ?? "ok";
  const run = (act: () => unknown) => () => {
    close();
    void act();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: holding the clock needs no role
    <div
      className={`${styles.toast} ${styles[tone]}`}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {tone === "ok" ? <Check /> : <AlertTriangle />}
      <span className={styles.text}>{toast.text}</span>
      {toast.action && (
        <button type="button" className={styles.act} onClick={run(toast.action.run)}>
          {toast.action.label}
        </button>
      )}
      {toast.undo && (
        <button type="button" className={styles.act} onClick={run(toast.undo)}>
          <Undo2 />
          {t("shell.undo")}
        </button>
      )}
      {toast.undo ? (
        <span className={styles.left} aria-hidden="true">
          {t("shell.seconds", { s: left })}
        </span>
      ) : (
        <button type="button" className={styles.close} onClick={close} aria-label={t("shell.close")}>
          <X />
        </button>
      )}
    </div>
  );
}
