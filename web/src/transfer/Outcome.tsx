/** What became of the rows, as a bar and in numbers. */
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { cx } from "../ui";
import { knownOf, type Run } from "./model";
import styles from "./transfer.module.css";

const PARTS = ["created", "updated", "known", "skipped", "failed"] as const;

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
  const known = knownOf(run);
  const counts = { ...run, known, skipped: run.skipped - known };
  const total = Math.max(1, run.created + run.updated + run.skipped + run.failed);
  return (
    <div className={styles.outcome}>
      <div className={styles.stack} aria-hidden="true" hidden={total === 1 && run.read === 0}>
        {PARTS.filter((part) => counts[part] > 0).map((part) => (
          <i key={part} className={styles[part]} style={{ width: `${(counts[part] / total) * 100}%` }} />
        ))}
      </div>
      <dl>
        {PARTS.filter((part) => counts[part] > 0 || part === "created").map((part) => (
          <div key={part}>
            <dt>
              <span className={cx(styles.key, styles[part])} aria-hidden="true" />
              {t(future ? `transfer.will.${part}` : `transfer.${part}`)}
            </dt>
            <dd className="num" data-testid={`import-${part}`}>
              {f.number(counts[part])}
            </dd>
          </div>
        ))}
      </dl>
      {run.objects.length > 0 && <Objects run={run} />}
    </div>
  );
}

/** What became of the records of each object, where a file holds several: orders, their lines, whose they are. */
function Objects({ run }: { run: Run }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  return (
    <dl className={styles.objectsOf} data-testid="import-objects">
      {[...run.objects]
        .sort((a, b) => Number(b.object === run.object) - Number(a.object === run.object))
        .map((one) => (
          <div key={one.object}>
            <dt>{label(catalog.object(one.object)?.plural, one.object)}</dt>
            <dd className="num">
              {(["created", "updated", "found"] as const)
                .filter((part) => one[part] > 0)
                .map((part) => t(`transfer.objects.${part}`, { n: f.number(one[part]) }))
                .join(" · ")}
            </dd>
          </div>
        ))}
    </dl>
  );
}
