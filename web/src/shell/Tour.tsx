/** The first things to do, on Today until they are done or put away; from the command box they come back. */
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronRight, X } from "lucide-react";
import { keepFirsts, useFirsts } from "../api/firsts";
import { useCatalog, useMe } from "../api/queries";
import { dutiesOf } from "../apps/duties";
import { type Key, useFormat, useT } from "../i18n";
import { cx, IconButton, usePhone } from "../ui";
import { useCommands } from "./commands";
import { useCreate } from "./create";
import styles from "./today.module.css";

interface Step {
  name: "find" | "open" | "write" | "import" | "invite";
  /** What does it, however one comes to do it. */
  by: string;
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
  const kept = useFirsts();
  const first = catalog.objects.find((object) => object.area === "customers" && object.can.read);
  const duty = dutiesOf(catalog.objects).find(({ object }) => object.can.create)?.object;
  const all: (Step | false | undefined)[] = [
    { name: "find", by: "search", run: () => document.querySelector<HTMLElement>("search input")?.focus() },
    first && {
      name: "open",
      by: `open ${first.name}`,
      run: () => void navigate({ to: "/o/$object", params: { object: first.name }, search: {} }),
    },
    duty && { name: "write", by: `create ${duty.name}`, run: () => create({ object: duty.name }) },
    first?.can.import && {
      name: "import",
      by: "import",
      run: () => void navigate({ to: "/import/$object", params: { object: first.name }, search: {} }),
    },
    me.can.includes("users") && {
      name: "invite",
      by: "create user",
      run: () => void navigate({ to: "/settings/$", params: { _splat: "users" } }),
    },
  ];
  const steps = all.filter((step): step is Step => Boolean(step));
  const isDone = (step: Step) => kept.done.includes(step.by);
  const left = steps.filter((step) => !isDone(step)).length;
  const gone = kept.away || left === 0;
  useCommands(
    gone ? [{ key: "tour", label: t("shell.tour.again"), onClick: () => keepFirsts({ done: [], away: false }) }] : [],
  );
  if (gone) return null;
  return (
    <section className={styles.block}>
      <h2 className={styles.sideHead}>
        {t("shell.tour.title")}
        <small>{t("shell.tour.left", { n: left, of: f.number(steps.length) })}</small>
        <IconButton small icon={<X />} label={t("shell.tour.away")} onClick={() => keepFirsts({ away: true })} />
      </h2>
      <ol className={styles.tour}>
        {steps.map((step, at) => {
          const done = isDone(step);
          return (
            <li key={step.name} className={cx(done && styles.done)}>
              <button type="button" onClick={step.run}>
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
