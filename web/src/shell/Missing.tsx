/** What a screen asked for and did not get, and no part of it tells of: said over the screen. All that failed is asked for again together. */
import { type Query, useQueryClient } from "@tanstack/react-query";
import { CloudAlert } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { useT } from "../i18n";
import { isWaiting, onWaiting } from "../renew";
import { Button, cx } from "../ui";
import { isTold, isWhole, onAgain, onTold, tryAgain } from "../ui/told";
import styles from "./shell.module.css";

/** A refusal is an answer, and what is not open to somebody is not missed. */
const failed = (error: unknown): boolean => !(error instanceof ApiError) || error.status === 0 || error.status >= 500;

const missing = (query: Query): boolean => query.state.status === "error" && failed(query.state.error);

const untold = (query: Query): boolean =>
  missing(query) && query.meta?.told !== true && !isTold(query.state.error) && !isWhole();

/** Those whose failures the parts that asked have had the time to tell of. */
const PATIENCE = 150;

export function Missing() {
  const t = useT();
  const client = useQueryClient();
  const [missed, setMissed] = useState<Query[]>([]);
  const some = useRef(false);
  some.current = missed.length > 0;
  useEffect(() => {
    const cache = client.getQueryCache();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer = undefined;
      const found = cache.findAll({ type: "active", predicate: untold });
      setMissed((before) => (found.length || before.length ? found : before));
    };
    const soon = () => {
      timer ??= setTimeout(look, PATIENCE);
    };
    // Most of what happens in the cache is none of its business.
    const stop = cache.subscribe((event) => {
      if (some.current || (event.type === "updated" && event.action.type === "error")) soon();
    });
    const end = onTold(soon);
    const again = onAgain(() => void client.refetchQueries({ type: "active", predicate: missing }));
    return () => {
      clearTimeout(timer);
      stop();
      end();
      again();
    };
  }, [client]);
  const waits = useSyncExternalStore(onWaiting, isWaiting);
  if (missed.length === 0 && !waits) return null;
  const away = waits || missed.some(({ state }) => state.error instanceof ApiError && state.error.status === 0);
  return (
    <div className={cx(styles.viewing, styles.missing)} role="alert" data-missing>
      <CloudAlert aria-hidden />
      <span>{t(away ? "shell.missing.away" : "shell.missing")}</span>
      {missed.length > 0 && (
        <Button size="small" loading={missed.some(({ state }) => state.fetchStatus === "fetching")} onClick={tryAgain}>
          {t("shell.retry")}
        </Button>
      )}
    </div>
  );
}
