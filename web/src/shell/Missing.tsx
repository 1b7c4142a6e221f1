/** What a screen asked for and did not get, and no part of it tells of: said over the screen. All that failed is asked for again together. */
import { type Query, useQueryClient } from "@tanstack/react-query";
import { CloudAlert } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { useT } from "../i18n";
import { isWaiting, onWaiting } from "../renew";
import { Button, cx } from "../ui";
import { VERY_SLOW } from "../ui/toast";
import { isTold, isWhole, onAgain, onTold, tryAgain } from "../ui/told";
import styles from "./shell.module.css";

/** A refusal is an answer, and what is not open to somebody is not missed. */
const failed = (error: unknown): boolean => !(error instanceof ApiError) || error.status === 0 || error.status >= 500;

const missing = (query: Query): boolean => query.state.status === "error" && failed(query.state.error);

const untold = (query: Query): boolean =>
  missing(query) && query.meta?.told !== true && !isTold(query.state.error) && !isWhole();

/** Those whose failures the parts that asked have had the time to tell of. */
const PATIENCE = 150;

/** Reads that a part waits for and that are not answered, with when they were asked. */
const asked = new WeakMap<Query, number>();
const late = (query: Query): boolean =>
  query.state.status === "pending" &&
  query.state.fetchStatus === "fetching" &&
  Date.now() - (asked.get(query) ?? Date.now()) >= VERY_SLOW;

export function Missing() {
  const t = useT();
  const client = useQueryClient();
  const [missed, setMissed] = useState<Query[]>([]);
  const [slow, setSlow] = useState(false);
  const some = useRef(false);
  some.current = missed.length > 0 || slow;
  useEffect(() => {
    const cache = client.getQueryCache();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer = undefined;
      const found = cache.findAll({ type: "active", predicate: untold });
      setMissed((before) => (found.length || before.length ? found : before));
      setSlow(cache.findAll({ type: "active", predicate: late }).length > 0);
    };
    const soon = () => {
      timer ??= setTimeout(look, PATIENCE);
    };
    const note = (query: Query) => {
      asked.set(query, Date.now());
      setTimeout(soon, VERY_SLOW);
    };
    cache.findAll({ fetchStatus: "fetching" }).forEach(note);
    // Most of what happens in the cache is none of its business.
    const stop = cache.subscribe((event) => {
      if (event.type === "updated" && event.action.type === "fetch") note(event.query);
      if (some.current || (event.type === "updated" && event.action.type === "error")) soon();
    });
    const end = onTold(soon);
    const again = onAgain(async () => {
      const silent = cache.findAll({ type: "active", predicate: late });
      await Promise.all(silent.map((query) => query.cancel({ revert: true })));
      void client.refetchQueries({ type: "active", predicate: (query) => missing(query) || silent.includes(query) });
    });
    return () => {
      clearTimeout(timer);
      stop();
      end();
      again();
    };
  }, [client]);
  const waits = useSyncExternalStore(onWaiting, isWaiting);
  if (missed.length === 0 && !waits && !slow) return null;
  const away = waits || missed.some(({ state }) => state.error instanceof ApiError && state.error.status === 0);
  return (
    <div className={cx(styles.viewing, styles.missing)} role="alert" data-missing>
      <CloudAlert aria-hidden />
      <span>{t(away ? "shell.missing.away" : missed.length > 0 ? "shell.missing" : "shell.under_way.long")}</span>
      {(missed.length > 0 || slow) && (
        <Button size="small" loading={missed.some(({ state }) => state.fetchStatus === "fetching")} onClick={tryAgain}>
          {t("shell.retry")}
        </Button>
      )}
    </div>
  );
}
