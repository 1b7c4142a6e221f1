/** The first things to do, on Today until they are done or put away; from the command box they come back. */
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronRight, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useCatalog, useMe } from "../api/queries";
import { dutiesOf } from "../apps/duties";
import { type Key, useFormat, useT } from "../i18n";
import { cx, IconButton, usePhone } from "../ui";
import { useCommands } from "./commands";
import { useCreate } from "./create";
import styles from "./today.module.css";

interface Kept {
  done: string[];
  away: boolean;
}

const listeners = new Set<() => void>();
const place = (user: string): string => `guanxi.tour.${user}`;
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Kept on this machine: it is about getting to know the page, not about data. */
function useKept(user: string): [Kept, (next: Kept) => void] {
  const text = useSyncExternalStore(subscribe, () => localStorage.getItem(place(user)));
  const kept = text ? (JSON.parse(text) as Kept) : { done: [], away: false };
  return [
    kept,
    (next) => {
      localStorage.setItem(place(user), JSON.stringify(next));
      for (const listener of listeners) listener();
    },
  ];
}

interface Step {
  name: "find" | "open" | "write" | "import" | "invite";
  run: () => void;
}

export function Tour() {
  const t = useT();
  const f = useFormat();
  const phone = usePhone();
  const me = useMe();
  const catalog = useCatalog();
  const create = useCreate();
  const navigate = useNavigate();
  const [kept, keep] = useKept(me.id);
  const first = catalog.objects.find((object) => object.area === "customers" && object.can.read);
  const duty = dutiesOf(catalog.objects).find(({ object }) => object.can.create)?.object;
  const all: (Step | false | undefined)[] = [
    { name: "find", run: () => document.querySelector<HTMLElement>("search input")?.focus() },
    first && {
      name: "open",
      run: () => void navigate({ to: "/o/$object", params: { object: first.name }, search: {} }),
    },
    duty && { name: "write", run: () => create({ object: duty.name }) },
    first?.can.import && {
      name: "import",
      run: () => void navigate({ to: "/import/$object", params: { object: first.name }, search: {} }),
    },
    me.can.includes("users") && {
      name: "invite",
      run: () => void navigate({ to: "/settings/$", params: { _splat: "users" } }),
    },
  ];
  const steps = all.filter((step): step is Step => Boolean(step));
  const left = steps.filter((step) => !kept.done.includes(step.name)).length;
  const gone = kept.away || left === 0;
  useCommands(
    gone ? [{ key: "tour", label: t("shell.tour.again"), onClick: () => keep({ done: [], away: false }) }] : [],
  );
  if (gone) return null;
  return (
    <section className={styles.block}>
      <h2 className={styles.sideHead}>
        {t("shell.tour.title")}
        <small>{t("shell.tour.left", { n: left, of: f.number(steps.length) })}</small>
        <IconButton small icon={<X />} label={t("shell.tour.away")} onClick={() => keep({ ...kept, away: true })} />
      </h2>
      <ol className={styles.tour}>
        {steps.map((step, at) => {
          const done = kept.done.includes(step.name);
          return (
            <li key={step.name} className={cx(done && styles.done)}>
              <button
                type="button"
                onClick={() => {
                  keep({ ...kept, done: [...new Set([...kept.done, step.name])] });
                  step.run();
                }}
              >
                <i aria-hidden="true">{done ? <Check /> : at + 1}</i>
                <span>
                  <b>{t(`shell.tour.${step.name}` as Key)}</b>
                  <small>
                    {t(`shell.tour.${step.name}.${phone && step.name === "find" ? "touch" : "text"}` as Key)}
                  </small>
                </span>
                {done ? <span className="sr">{t("shell.tour.done")}</span> : <ChevronRight />}
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
