/** A flow from top to bottom: cards of steps with what each holds under it. A list of lists, so that it is read and walked
 * through in the order in which it runs. */
import {
  AlertTriangle,
  Bell,
  CalendarDays,
  CircleStop,
  Clock3,
  FileInput,
  GitBranch,
  Globe,
  Hand,
  Link2,
  type LucideIcon,
  Mail,
  MousePointerClick,
  Pencil,
  Plus,
  Repeat,
  Split,
  Stamp,
  Trash2,
  UserRound,
  Users,
  Webhook,
  Workflow,
  Zap,
} from "lucide-react";
import type { ReactNode } from "react";
import { type Key, useLabel, useT } from "../i18n";
import { Badge, cx, Dropdown } from "../ui";
import styles from "./flows.module.css";
import { type Definition, type Kinds, listAt, nestedOf, type Place, type Problem, ROOT, type Step } from "./model";
import type { StepFigures } from "./queries";

const SIGNS: Record<string, LucideIcon> = {
  plus: Plus,
  edit: Pencil,
  delete: Trash2,
  calendar: CalendarDays,
  clock: Clock3,
  button: MousePointerClick,
  form: FileInput,
  webhook: Webhook,
  flow: Workflow,
  segment: Users,
  branch: Split,
  loop: Repeat,
  stop: CircleStop,
  link: Link2,
  user: UserRound,
  bolt: Zap,
  bell: Bell,
  mail: Mail,
  http: Globe,
  globe: Globe,
  approval: Stamp,
  hand: Hand,
};

export function Sign({ icon }: { icon: string }) {
  const Drawn = SIGNS[icon] ?? GitBranch;
  return (
    <span className={styles.sign}>
      <Drawn aria-hidden />
    </span>
  );
}

const LANES: Record<string, Key> = {
  otherwise: "flow.otherwise",
  timed_out: "flow.late",
  approved: "flow.approved",
  rejected: "flow.rejected",
};

interface PictureProps {
  what: Definition;
  kinds: Kinds;
  /** The step that is open, `trigger` for the trigger. */
  open: string | null;
  onOpen: (id: string) => void;
  problems?: Problem[];
  figures?: StepFigures;
  /** What became of a step in a run or a trial. */
  marks?: Record<string, ReactNode>;
  /** Without it nothing can be added. */
  onAdd?: (place: Place, at: number, kind: string) => void;
  /** One line about a step or the trigger. */
  says: (given: Step | Definition["trigger"]) => string;
}

export function Picture(props: PictureProps) {
  const { what, kinds, problems = [], open, onOpen, says } = props;
  const t = useT();
  const label = useLabel();
  const kind = kinds.triggers.find((one) => one.name === what.trigger.kind);
  const wrong = problems.find((one) => one.step === null || one.step === "trigger");
  return (
    <div className={styles.canvas}>
      <ol className={styles.flow} aria-label={t("flow.picture")}>
        <li className={styles.item}>
          <Card
            className={styles.start}
            icon={kind?.icon ?? ""}
            title={kind ? label(kind.label, kind.name) : t("flow.trigger.none")}
            text={says(what.trigger)}
            wrong={wrong?.message}
            on={open === "trigger"}
            onOpen={() => onOpen("trigger")}
          />
        </li>
        <List {...props} place={ROOT} />
        <li className={styles.end}>{t("flow.end")}</li>
      </ol>
    </div>
  );
}

function List(props: PictureProps & { place: Place }) {
  const { what, kinds, place, onAdd } = props;
  const steps = listAt(what, place);
  return (
    <>
      <Join place={place} at={0} kinds={kinds} onAdd={onAdd} />
      {steps.map((step, at) => (
        <StepItem key={step.id} {...props} step={step} at={at} />
      ))}
    </>
  );
}

function StepItem(props: PictureProps & { place: Place; step: Step; at: number }) {
  const { step, at, place, kinds, problems = [], figures, marks, open, onOpen, onAdd, says } = props;
  const t = useT();
  const label = useLabel();
  const kind = kinds.steps.find((one) => one.name === step.kind);
  const wrong = problems.find((one) => one.step === step.id);
  const counts = figures?.[step.id];
  const lanes = nestedOf(step, kind, [...place, at]);
  const named = (name: string, index: number): string => {
    if (name !== "case") return t(LANES[name] ?? "flow.each");
    const one = (step.cases as { name?: string }[])[index];
    return one?.name || t("flow.case", { n: index + 1 });
  };
  return (
    <>
      <li className={styles.item}>
        <Card
          icon={kind?.icon ?? ""}
          title={step.name || (kind ? label(kind.label, kind.name) : step.kind)}
          text={says(step)}
          wrong={wrong?.message}
          on={open === step.id}
          onOpen={() => onOpen(step.id)}
        >
          {marks?.[step.id]}
          {counts && !marks && (
            <>
              {counts.failed ? <Badge tone="danger">{t("flow.count.failed", { n: counts.failed })}</Badge> : null}
              {counts.waiting ? <Badge>{t("flow.count.waiting", { n: counts.waiting })}</Badge> : null}
              {counts.done ? <span className={styles.soft}>{t("flow.count.done", { n: counts.done })}</span> : null}
            </>
          )}
        </Card>
        {lanes.length > 0 && (
          <div className={styles.lanes}>
            {lanes.map((lane) => (
              <div key={`${lane.name}${lane.at}`} className={styles.lane}>
                <span className={cx(styles.laneHead, "ellipsis")}>{named(lane.name, lane.at)}</span>
                <ol className={styles.list} aria-label={named(lane.name, lane.at)}>
                  <List {...props} place={lane.place} />
                </ol>
              </div>
            ))}
          </div>
        )}
      </li>
      <Join place={place} at={at + 1} kinds={kinds} onAdd={onAdd} />
    </>
  );
}

interface CardProps {
  icon: string;
  title: string;
  text: string;
  wrong?: string;
  on: boolean;
  onOpen: () => void;
  className?: string;
  children?: ReactNode;
}

function Card({ icon, title, text, wrong, on, onOpen, className, children }: CardProps) {
  return (
    <button
      type="button"
      className={cx(styles.card, className, on && styles.cardOn, wrong && styles.cardBad)}
      aria-pressed={on}
      onClick={onOpen}
    >
      <Sign icon={icon} />
      <span className={styles.cardText}>
        <b className="ellipsis">{title}</b>
        {text && <small>{text}</small>}
      </span>
      <span className={styles.cardMarks}>{children}</span>
      {wrong && (
        <span className={styles.fault}>
          <AlertTriangle aria-hidden />
          {wrong}
        </span>
      )}
    </button>
  );
}

const GROUPS = ["records", "steer", "tell", "outside", "other"];

function Join({ place, at, kinds, onAdd }: { place: Place; at: number } & Pick<PictureProps, "kinds" | "onAdd">) {
  const t = useT();
  const label = useLabel();
  const rank = (group: string) => (GROUPS.indexOf(group) + GROUPS.length) % GROUPS.length;
  const sorted = [...kinds.steps].sort((a, b) => rank(a.group) - rank(b.group));
  return (
    <li className={styles.join}>
      {onAdd && (
        <Dropdown
          menu={{
            items: sorted.map((kind) => ({
              key: kind.name,
              icon: <Sign icon={kind.icon} />,
              label: label(kind.label, kind.name),
              onClick: () => onAdd(place, at, kind.name),
            })),
          }}
        >
          <button type="button" className={styles.plus} aria-label={t("flow.add")}>
            <Plus aria-hidden />
          </button>
        </Dropdown>
      )}
    </li>
  );
}
