/** The answer first: what cannot wait, what is for today, what is worth doing, each with its reason; beside it the figures. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import type { ReactNode } from "react";
import { useWaitingCount } from "../api/approvals";
import { useCatalog } from "../api/queries";
import { dutiesOf } from "../apps/duties";
import { slots } from "../apps/slots";
import { useFormat, useLabel, useT } from "../i18n";
import { inline } from "../i18n/words";
import { Begin, ButtonLink, Empty, ErrorState, LineToCome, SkeletonRows, useLate, useTitle } from "../ui";
import { Aims, useAims } from "./Aims";
import { dealsOf, type Item, type Scope, useAgenda, useFirstDay, useHasTeam } from "./agenda";
import { useCreate } from "./create";
import { useKeys } from "./keys";
import { Expected, Schedule } from "./TodayFigures";
import { Row } from "./TodayRows";
import { Tour } from "./Tour";
import styles from "./today.module.css";

/** Moves among the things of the day as one does in a list. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-item]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

export default function Today() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const create = useCreate();
  const navigate = useNavigate();
  const asked = useSearch({ strict: false, select: (search) => (search as { scope?: Scope }).scope });
  const hasTeam = useHasTeam();
  const waiting = useWaitingCount();
  const scope: Scope = asked === "team" ? "team" : "mine";
  const agenda = useAgenda(scope);
  const deals = dealsOf(catalog);
  const aims = useAims(scope);
  const duty = dutiesOf(catalog.objects)[0]?.object;
  useTitle(t("shell.area.today"));
  useKeys({ j: () => step(1), k: () => step(-1), arrowdown: () => step(1), arrowup: () => step(-1) });

  const { pending, error } = agenda;
  const urgent = agenda.urgent.length + agenda.more;
  const total = urgent + agenda.today.length;
  const nothing = !pending && !error && total + agenda.worth.length + agenda.week.length === 0;
  const first = useFirstDay(nothing);
  const waits = pending || (nothing && first === undefined);
  const answer = () => {
    if (nothing && first) return t("shell.today.first");
    if (total === 0) return t(scope === "team" ? "shell.today.none.team" : "shell.today.none");
    const said = t(scope === "team" ? "shell.today.answer.team" : "shell.today.answer", { n: total });
    if (urgent === 0) return said;
    const comma = t("shell.comma");
    return (
      <>
        <span>{`${said}${comma.trimEnd()}`}</span>
        {comma.endsWith(" ") && " "}
        <span>{t(urgent === total ? "shell.today.wait.all" : "shell.today.wait", { n: urgent })}</span>
      </>
    );
  };
  const group = (title: string, items: Item[], why?: string, more = 0) => (
    <Group title={title} n={items.length + more} why={more > 0 ? t("shell.today.more", { n: more }) : why}>
      {items.map((item) => (
        <Row key={`${item.kind} ${item.row.id}`} item={item} scope={scope} />
      ))}
    </Group>
  );
  return (
    <div className={styles.today} data-scope={scope} data-paper>
      <section className={styles.work}>
        <header className={styles.head}>
          <div>
            <p>
              {t("shell.today.date", { day: f.day(f.today()), weekday: f.weekday(f.today()) })}
              {waiting > 0 && (
                <Link to="/approvals" className={styles.waits}>
                  {t("shell.today.approvals", { n: waiting })}
                </Link>
              )}
            </p>
            <h1>
              {error ? (
                t("shell.area.today")
              ) : waits ? (
                <>
                  <span className="sr">{t("shell.area.today")}</span>
                  <LineToCome />
                </>
              ) : (
                answer()
              )}
            </h1>
          </div>
          {hasTeam && (
            <fieldset className={styles.scope}>
              <legend className="sr">{t("shell.today.whose")}</legend>
              {(["mine", "team"] as const).map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={scope === one}
                  onClick={() => void navigate({ to: "/", search: one === "team" ? { scope: one } : {} })}
                >
                  {t(`shell.today.${one}`)}
                </button>
              ))}
            </fieldset>
          )}
          {duty?.can.create && (
            <Begin onClick={() => create({ object: duty.name })}>
              {t("shell.create.one", { object: inline(label(duty.label, duty.name), f.locale.language) })}
            </Begin>
          )}
        </header>
        {error ? <ErrorState error={error} retry={agenda.retry} /> : null}
        {waits && !error && <SkeletonRows shape="cards" rows={8} height={58} />}
        {nothing && !waits && (
          <Empty
            title={t(first ? "shell.today.first.title" : "shell.today.none.title")}
            text={t(first ? "shell.today.first.text" : "shell.today.none.text")}
            action={
              first &&
              catalog.me.can.includes("import") && (
                <ButtonLink to="/import" icon={<Upload />}>
                  {t("shell.today.first.import")}
                </ButtonLink>
              )
            }
          />
        )}
        {!pending && (
          <>
            {group(t("shell.today.overdue"), agenda.urgent, t("shell.today.overdue.why"), agenda.more)}
            {group(t("shell.today.due"), agenda.today)}
            {group(t("shell.today.worth"), agenda.worth, t("shell.today.worth.why"))}
            {group(t("shell.today.week"), agenda.week)}
          </>
        )}
      </section>
      <aside className={styles.side} aria-label={t("shell.today.figures")}>
        {scope === "mine" && <Tour />}
        {aims.isPending && <FiguresToCome />}
        <div className={styles.figures} hidden={aims.isPending}>
          <Aims found={aims} />
          {deals && <Expected deals={deals} scope={scope} />}
        </div>
        <Schedule agenda={agenda} />
        {slots("today.panel", "").map(({ component: Panel }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: registered once, in order
          <Panel key={at} object="" />
        ))}
      </aside>
    </div>
  );
}

/** Two bars and a chart are to come. */
function FiguresToCome() {
  const late = useLate();
  return (
    <div className={styles.toCome} aria-hidden>
      {late &&
        // biome-ignore lint/suspicious/noArrayIndexKey: shapes without identity
        [30, 100, 22, 60, 100].map((wide, at) => <i key={at} style={{ width: `${wide}%` }} />)}
    </div>
  );
}

function Group({ title, n, why, children }: { title: string; n: number; why?: string; children: ReactNode }) {
  const f = useFormat();
  if (!n) return null;
  return (
    <section className={styles.group}>
      <h2>
        {title} <small>{f.number(n)}</small>
        <span className="spring" />
        {why && <small>{why}</small>}
      </h2>
      <ul>{children}</ul>
    </section>
  );
}
