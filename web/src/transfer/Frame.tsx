/** The frame of the wizard: what is imported, how far one is, and the way out. */
import { Link } from "@tanstack/react-router";
import { Check, Undo2, X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { cx, focusLost, say, usePhone, useTitle } from "../ui";
import type { Step } from "./state";
import styles from "./transfer.module.css";

const STEPS = ["file", "map", "check", "run"] as const;
type At = (typeof STEPS)[number];

interface FrameProps {
  object: ObjectDef;
  at: At;
  /** For the way back to a step that is done. */
  upload?: string;
  /** Nothing can be changed any more. */
  over?: boolean;
  aside?: ReactNode;
  foot?: ReactNode;
  children: ReactNode;
}

export function Frame({ object, at, upload, over, aside, foot, children }: FrameProps) {
  const t = useT();
  const phone = usePhone();
  const title = t("transfer.title", { objects: useNouns(object).many });
  useTitle(title);
  const now = STEPS.indexOf(at);
  // The way on goes with its step: the next one is said, and has the focus.
  const head = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a step is over
  useEffect(() => {
    if (focusLost()) head.current?.focus({ preventScroll: true });
    say(t(`transfer.step.${at}`));
  }, [at, over]);
  return (
    <section className={styles.page}>
      <header className={styles.head}>
        <h1 ref={head} tabIndex={-1}>
          {title}
        </h1>
        <span className="spring" />
        <ol className={styles.steps}>
          {STEPS.map((step, n) => {
            const done = n < now || (over && n === now);
            const body = (
              <>
                <span className={cx(styles.dot, done && styles.done, n === now && !over && styles.now)}>
                  {done ? <Check aria-hidden /> : n + 1}
                </span>
                <span className={phone && n !== now ? "sr" : undefined}>{t(`transfer.step.${step}`)}</span>
              </>
            );
            const back = n < now && at !== "run";
            return (
              <li key={step} className={cx(n === now && styles.stepNow)} aria-current={n === now ? "step" : undefined}>
                {back ? (
                  <Link
                    to="/import/$object"
                    params={{ object: object.name }}
                    search={step === "file" ? {} : { upload, step: step as Step }}
                  >
                    {body}
                  </Link>
                ) : (
                  <span>{body}</span>
                )}
              </li>
            );
          })}
        </ol>
        <span className="spring" />
        <Link
          to="/o/$object"
          params={{ object: object.name }}
          search={{}}
          className={styles.close}
          aria-label={t("shell.close")}
          title={t("shell.close")}
        >
          <X />
        </Link>
      </header>
      <div className={cx(styles.body, aside ? styles.withAside : undefined)}>
        <div className={styles.work}>{children}</div>
        {aside && (
          <aside className={styles.aside} aria-label={t(at === "check" ? "transfer.after" : "transfer.mode")}>
            {aside}
          </aside>
        )}
      </div>
      {foot && (
        <footer className={styles.foot}>
          <span className={styles.footNote}>
            <Undo2 aria-hidden />
            {t("transfer.undoable")}
          </span>
          <span className="spring" />
          {foot}
        </footer>
      )}
    </section>
  );
}
