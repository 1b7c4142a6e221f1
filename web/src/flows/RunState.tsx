/** How a run or a step of it fares, in a word. */
import { type Key, useT } from "../i18n";
import { Badge, type Tone } from "../ui";
import styles from "./flows.module.css";

const TONES: Record<string, Tone> = {
  done: "ok",
  failed: "danger",
  unknown: "warn",
  stopped: "warn",
  waiting: "info",
  running: "info",
};

export function RunState({ state, undone = false }: { state: string; undone?: boolean }) {
  const t = useT();
  return (
    <span className={styles.state}>
      <Badge tone={TONES[state] ?? "neutral"}>{t(`flow.run.${state}` as Key)}</Badge>
      {undone && <Badge>{t("flow.run.undone")}</Badge>}
    </span>
  );
}
