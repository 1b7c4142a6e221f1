/** What became of the rows, as a bar and in numbers. */
import { useFormat, useT } from "../i18n";
import { cx } from "../ui";
import type { Run } from "./model";
import styles from "./transfer.module.css";

const PARTS = ["created", "updated", "skipped", "failed"] as const;

/** A length of time as people say it: seconds up to a minute and a half. */
export function useLength(): (seconds: number) => string {
  const t = useT();
  const f = useFormat();
  return (seconds) =>
    seconds < 90 ? t("transfer.seconds", { n: Math.max(1, Math.round(seconds)) }) : f.duration(seconds);
}

export function Outcome({ run, future }: { run: Run; future?: boolean }) {
  const t = useT();
  const f = useFormat();
  const total = Math.max(1, run.created + run.updated + run.skipped + run.failed);
  return (
    <div className={styles.outcome}>
      <div className={styles.stack} aria-hidden="true" hidden={total === 1 && run.read === 0}>
        {PARTS.filter((part) => run[part] > 0).map((part) => (
          <i key={part} className={styles[part]} style={{ width: `${(run[part] / total) * 100}%` }} />
        ))}
      </div>
      <dl>
        {PARTS.filter((part) => run[part] > 0 || part === "created").map((part) => (
          <div key={part}>
            <dt>
              <span className={cx(styles.key, styles[part])} aria-hidden="true" />
              {t(future ? `transfer.will.${part}` : `transfer.${part}`)}
            </dt>
            <dd className="num" data-testid={`import-${part}`}>
              {f.number(run[part])}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
