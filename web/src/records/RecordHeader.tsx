/** The head of a record: who it is, the figures that matter, what can be done. */
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Archive,
  ArrowLeft,
  Copy,
  Ellipsis,
  Eye,
  FileText,
  History as HistoryIcon,
  Merge,
  PencilLine,
  Printer,
  Split,
  SquarePen,
  Star,
  Trash2,
} from "lucide-react";
import { Fragment, type ReactNode, Suspense, useState } from "react";
import { api } from "../api/client";
import { useAggregate, useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { slots } from "../apps/slots";
import { isEmpty, twin, useFormatContext } from "../fields";
import { spoken, useLabel, useNouns, useT } from "../i18n";
import { arrived, part } from "../renew";
import {
  type Action,
  type Field,
  fieldIn,
  type ObjectDef,
  type RecordData,
  type Related,
  titleOf,
  type View,
} from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { useCommands } from "../shell/commands";
import { usePins } from "../shell/pins";
import { forget } from "../shell/recent";
import { Avatar, Button, Dropdown, IconButton, type MenuProps, usePhone, useRefusal, useToast } from "../ui";
import { later } from "../ui/later";
import { Follow } from "./Follow";
import { faceOf } from "./list";
import styles from "./RecordPage.module.css";
import { Reach } from "./RecordReach";
import { allows } from "./RecordWhen";
import { sumField } from "./RelatedLists";
import { type Sum, sumsOf } from "./sums";

const ActionForm = later(() => arrived(() => import("./FormAction")).then((module) => module.ActionForm));
const RecordAccess = part(spoken(() => import("./RecordAccess")));
const MergeWith = part(spoken(() => import("../merging/MergeWith")));

interface HeaderProps {
  object: ObjectDef;
  record: RecordData;
  onEdit: () => void;
  /** Puts the cursor into the composer; none where nothing can be written. */
  onWrite?: () => void;
  onHistory: () => void;
}

const field = (object: ObjectDef, name: string): Field | undefined => object.fields.find((one) => one.name === name);

/** What a record is graded by is drawn as a seal beside its name: its shape carries the weight. */
function Grade({ object, record }: { object: ObjectDef; record: RecordData }) {
  const found = object.fields.find((one) => one.config.seal === true && !isEmpty(record[one.name]));
  if (!found) return null;
  const { Cell } = twin(found);
  return (
    <span className={styles.grade}>
      <Cell field={found} value={record[found.name]} record={record} />
    </span>
  );
}

/** A figure with its unit once, each currency for itself; grey where there is none. */
export function FigureCell({ label, figures }: { label: ReactNode; figures: Pick<Sum, "text" | "unit" | "exact">[] }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd title={figures.map((figure) => figure.exact).join(" + ") || undefined}>
        {figures.length === 0 && <span className="dash">—</span>}
        {figures.map((figure, at) => (
          <Fragment key={figure.exact}>
            {at > 0 && <small> + </small>}
            {figure.text}
            {figure.unit && <span className="unit">{figure.unit}</span>}
          </Fragment>
        ))}
      </dd>
    </div>
  );
}

/** What the related records of one view come to, and the way to them. */
function RelatedFigure({ record, related, target, view }: RelatedFigureProps) {
  const ctx = useFormatContext();
  const { many } = useNouns(target);
  const sum = sumField(target);
  const mine: Filter = { field: related.field, op: "eq", value: record.id };
  const filter: Filter = view.filter ? { and: [mine, view.filter] } : mine;
  const found = useAggregate(target.name, {
    filter,
    measures: [sum ? { fn: "sum", field: sum.name, as: "figure" } : { fn: "count", as: "figure" }],
  });
  const values = found.data?.[0]?.values;
  const count = sum ? 0 : (values?.figure ?? 0);
  return (
    <FigureCell
      label={
        <Link to="/o/$object" params={{ object: target.name }} search={{ view: view.name, filter: mine } as never}>
          {ctx.t("record.figure", { view: ctx.label(view.label, view.name), objects: many })}
        </Link>
      }
      figures={
        sum ? sumsOf(values, "figure", ctx, true) : count ? [{ ...ctx.f.short(count), exact: ctx.f.number(count) }] : []
      }
    />
  );
}

interface RelatedFigureProps {
  record: RecordData;
  related: Related;
  target: ObjectDef;
  view: View;
}

const figuresOf = ({ layout }: ObjectDef): string[] => layout.header.slice(0, 4);

/** Two to four figures beside the title: the record's own, or what its related records come to. */
function Figures({ object, record }: { object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const figures = figuresOf(object).flatMap((name) => {
    const one = field(object, name);
    if (one) {
      const type = twin(one);
      const value = record[name];
      const exact = isEmpty(value) ? "" : type.format(value, one, ctx);
      const figure = type.figure?.(value, one, ctx, record) ?? { text: exact, unit: "" };
      const figures = exact ? [{ ...figure, exact }] : [];
      return [<FigureCell key={name} label={ctx.label(one.label, name)} figures={figures} />];
    }
    const [list, viewName] = name.split(".");
    const related = object.related.find((found) => found.name === list);
    const target = ctx.catalog.object(related?.object);
    const view = target?.views.find((found) => found.name === viewName);
    return related && target && view
      ? [<RelatedFigure key={name} record={record} related={related} target={target} view={view} />]
      : [];
  });
  return figures.length ? <dl className={styles.figures}>{figures}</dl> : null;
}

/** The line under the title: what kind of record, whose; what stands among the figures is not said again. */
function Subtitle({ object, record }: { object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const parts: [string, ReactNode][] = [];
  for (const name of [...object.subtitle, object.owner]) {
    const own = field(object, name);
    if (!own || isEmpty(record[name]) || figuresOf(object).includes(name)) continue;
    const one = fieldIn(object, own, record);
    const { Cell, Show = Cell } = twin(one);
    const Shown = one.type === "stage" ? Cell : Show;
    parts.push([name, <Shown key={name} field={one} value={record[name]} record={record} />]);
  }
  if (parts.length === 0) parts.push(["object", ctx.label(object.label, object.name)]);
  return (
    <p className={styles.subtitle}>
      {parts.map(([name, part]) => (
        <span key={name}>{part}</span>
      ))}
    </p>
  );
}

/** The verbs that the layout offers, in its order. */
const offered = ({ actions, layout }: ObjectDef): Action[] =>
  layout.actions
    ? [
        ...layout.actions.flatMap((name) => actions.find((one) => one.name === name) ?? []),
        // Nobody laid out what a flow offers, yet it is there: but for who took one off.
        ...actions.filter((one) => one.flow && layout.flows !== false && !layout.actions?.includes(one.name)),
      ]
    : actions;

/** On a phone: to the list that the record is from. */
export function WayBack({ object }: { object: ObjectDef }) {
  const t = useT();
  const label = useLabel();
  return (
    <div className={styles.back}>
      <Link
        to="/o/$object"
        params={{ object: object.name }}
        aria-label={t("record.back", { objects: label(object.plural) })}
      >
        <ArrowLeft aria-hidden />
      </Link>
    </div>
  );
}

export function RecordHeader({ object, record, onEdit, onWrite, onHistory }: HeaderProps) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const refuse = useRefusal();
  const phone = usePhone();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const writes = useWrites(object.name);
  const { has, toggle } = usePins();
  const pin = { object: object.name, id: record.id };
  const [acting, setActing] = useState<Action | null>(null);
  const [access, setAccess] = useState(false);
  const [merging, setMerging] = useState(false);
  const title = titleOf(object, record) || label(object.label, object.name);
  const person = field(object, object.title)?.type === "person" || object.name === "user";
  const able = object.can.update
    ? offered(object).filter((one) => allows(one.when, record, catalog, object.fields))
    : [];
  const loud = able.filter((one) => !one.quiet);
  const actions = [...loud, ...able.filter((one) => one.quiet)];

  const remove = () =>
    writes.remove([record.id], {
      leaves: async () => {
        forget(record.id);
        await navigate({ to: "/o/$object", params: { object: object.name } });
      },
    });
  const shownActions = phone ? 0 : Math.min(2, loud.length);
  const items: NonNullable<MenuProps["items"]> = [
    ...actions.slice(shownActions).map((one) => ({
      key: `action.${one.name}`,
      label: label(one.label, one.name),
      onClick: () => setActing(one),
    })),
    ...(actions.length > shownActions ? [{ type: "divider" as const }] : []),
    ...(object.can.update ? [{ key: "edit", icon: <SquarePen />, label: t("record.edit"), onClick: onEdit }] : []),
    // Elsewhere the bar at the top has it.
    ...(phone
      ? [
          {
            key: "pin",
            icon: <Star />,
            label: t(has(pin) ? "shell.unpin" : "shell.pin"),
            onClick: () => toggle(pin),
          },
        ]
      : []),
    { key: "history", icon: <HistoryIcon />, label: t("record.history"), onClick: onHistory },
    { key: "access", icon: <Eye />, label: t("record.access"), onClick: () => setAccess(true) },
    {
      key: "copy",
      icon: <Copy />,
      label: t("record.copy"),
      onClick: () =>
        void navigator.clipboard
          .writeText(window.location.href.split("?")[0] ?? "")
          .then(() => toast({ text: t("record.copied") })),
    },
    ...(object.can.update && object.can.delete && object.area !== "settings"
      ? [
          { key: "merge", icon: <Merge />, label: t("merge.with"), onClick: () => setMerging(true) },
          {
            key: "apart",
            icon: <Split />,
            label: t("merge.apart"),
            onClick: () => void navigate({ to: "/apart/$object/$id", params: { object: object.name, id: record.id } }),
          },
        ]
      : []),
    ...(object.panels.length > 0
      ? [
          {
            key: "brief",
            icon: <FileText />,
            label: t("circle.brief"),
            onClick: () =>
              void api
                .download(`/records/${object.name}/${record.id}/brief.pdf`, undefined, `${title}.pdf`)
                .catch(refuse),
          },
        ]
      : []),
    { key: "print", icon: <Printer />, label: t("record.print"), onClick: () => window.print() },
    ...(object.can.delete
      ? [
          { type: "divider" as const },
          ...(object.area !== "settings" && !record.archived_at
            ? [
                {
                  key: "archive",
                  icon: <Archive />,
                  label: t("record.archive"),
                  onClick: () => void writes.archive(record.id).catch(() => undefined),
                },
              ]
            : []),
          {
            key: "delete",
            icon: <Trash2 />,
            danger: true,
            label: t("record.delete"),
            onClick: () => void remove().catch(() => undefined),
          },
        ]
      : []),
  ];

  useCommands([
    ...actions.slice(0, shownActions).map((one) => ({
      key: `action.${one.name}`,
      label: label(one.label, one.name),
      onClick: () => setActing(one),
    })),
    ...items,
  ]);

  return (
    <header className={styles.header}>
      <WayBack object={object} />
      <div className={styles.who}>
        <Avatar name={title} id={record.id} size={44} square={!person} picture={faceOf(object, record)} />
        <div className={styles.name}>
          <h1>
            <span className={styles.title} dir="auto">
              {title}
            </span>
            <Grade object={object} record={record} />
          </h1>
          <Subtitle object={object} record={record} />
        </div>
      </div>
      <Figures object={object} record={record} />
      <div className={styles.actions}>
        {!phone &&
          actions.slice(0, shownActions).map((one) => (
            <Button key={one.name} onClick={() => setActing(one)}>
              {label(one.label, one.name)}
            </Button>
          ))}
        {!phone && <Reach object={object} record={record} />}
        {slots("record.action", object.name).map(({ component: Part }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
          <Part key={at} object={object.name} record={record} />
        ))}
        {onWrite ? (
          <Button type="primary" icon={<PencilLine />} onClick={onWrite} className={styles.write}>
            {t("record.write")}
          </Button>
        ) : (
          object.can.update && (
            <Button type="primary" icon={<SquarePen />} onClick={onEdit}>
              {t("record.edit")}
            </Button>
          )
        )}
        {onWrite && <Follow object={object} record={record} />}
        <Dropdown menu={{ items }} placement="bottomRight">
          <IconButton icon={<Ellipsis />} label={t("record.menu")} className={styles.menu} />
        </Dropdown>
      </div>
      {access && (
        <Suspense>
          <RecordAccess object={object} record={record} title={title} onClose={() => setAccess(false)} />
        </Suspense>
      )}
      {merging && (
        <Suspense>
          <MergeWith object={object} id={record.id} onClose={() => setMerging(false)} />
        </Suspense>
      )}
      {acting && <ActionForm object={object} record={record} action={acting} onClose={() => setActing(null)} />}
    </header>
  );
}
