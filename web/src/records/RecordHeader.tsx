/** The head of a record: who it is, the figures that matter, what can be done. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Dropdown, type MenuProps } from "antd";
import {
  ArrowLeft,
  Copy,
  Ellipsis,
  History as HistoryIcon,
  PencilLine,
  Printer,
  SquarePen,
  Trash2,
} from "lucide-react";
import { Fragment, type ReactNode, useState } from "react";
import { useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { slots } from "../apps/slots";
import { isEmpty, twin, useFormatContext } from "../fields";
import { useLabel, useT } from "../i18n";
import { type Action, type Field, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { forget } from "../shell/recent";
import { Avatar, IconButton, Seal, usePhone, useToast } from "../ui";
import { ActionForm } from "./FormAction";
import styles from "./RecordPage.module.css";
import { allows } from "./RecordWhen";

interface HeaderProps {
  object: ObjectDef;
  record: RecordData;
  onEdit: () => void;
  /** Puts the cursor into the composer; none where nothing can be written. */
  onWrite?: () => void;
  onHistory: () => void;
}

const field = (object: ObjectDef, name: string): Field | undefined => object.fields.find((one) => one.name === name);

/** A field that grades records is drawn as a seal: its shape carries the weight. */
const GRADES: Record<string, 1 | 2 | 3> = { strategic: 1, important: 2, ordinary: 3, s: 1, a: 2, b: 3 };

function Grade({ object, record }: { object: ObjectDef; record: RecordData }) {
  const { label, language } = useFormatContext();
  const found = field(object, "grade");
  const option = found?.options.find((one) => one.name === record.grade);
  const level = GRADES[String(record.grade ?? "").toLowerCase()];
  if (!option || !level) return null;
  const word = label(option.label, option.name);
  const letter = language === "zh" ? ([...word][0] ?? "") : (["S", "A", "B"][level - 1] ?? "");
  return (
    <span className={styles.grade}>
      <Seal level={level}>{letter}</Seal>
      <span>{word}</span>
    </span>
  );
}

/** Two to four figures beside the title. */
function Figures({ object, record }: { object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const found = object.layout.header
    .map((name) => field(object, name))
    .filter((one): one is Field => one !== undefined);
  if (found.length === 0) return null;
  return (
    <dl className={styles.figures}>
      {found.slice(0, 4).map((one) => {
        const type = twin(one.type);
        const value = record[one.name];
        const figure = isEmpty(value)
          ? null
          : (type.figure?.(value, one, ctx, record) ?? { text: type.format(value, one, ctx), unit: "" });
        return (
          <div key={one.name}>
            <dt>{ctx.label(one.label, one.name)}</dt>
            <dd title={isEmpty(value) ? undefined : type.format(value, one, ctx)}>
              {figure ? (
                <>
                  {figure.text}
                  {figure.unit && <span className="unit">{figure.unit}</span>}
                </>
              ) : (
                <span className="dash">—</span>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** The line under the title: what kind of record, whose. */
function Subtitle({ object, record }: { object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const parts: [string, ReactNode][] = [];
  for (const name of [...object.subtitle, object.owner]) {
    const one = field(object, name);
    if (!one || isEmpty(record[name])) continue;
    const { Cell, Show = Cell } = twin(one.type);
    const Shown = one.type === "stage" ? Cell : Show;
    parts.push([name, <Shown key={name} field={one} value={record[name]} record={record} />]);
  }
  if (parts.length === 0) parts.push(["object", ctx.label(object.label, object.name)]);
  return (
    <p className={styles.subtitle}>
      {parts.map(([name, part], at) => (
        <Fragment key={name}>
          {at > 0 && <i aria-hidden="true">·</i>}
          <span>{part}</span>
        </Fragment>
      ))}
    </p>
  );
}

export function RecordHeader({ object, record, onEdit, onWrite, onHistory }: HeaderProps) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const phone = usePhone();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const writes = useWrites(object.name);
  const [acting, setActing] = useState<Action | null>(null);
  const title = titleOf(object, record) || label(object.label, object.name);
  const person = field(object, object.title)?.type === "person" || object.name === "user";
  const actions = object.can.update ? object.actions.filter((one) => allows(one.when, record, object, catalog)) : [];

  const remove = async () => {
    await writes.remove([record.id]);
    forget(record.id);
    await navigate({ to: "/o/$object", params: { object: object.name } });
  };
  const inMenu = phone ? actions : actions.slice(2);
  const items: NonNullable<MenuProps["items"]> = [
    ...inMenu.map((one) => ({
      key: `action.${one.name}`,
      label: label(one.label, one.name),
      onClick: () => setActing(one),
    })),
    ...(inMenu.length ? [{ type: "divider" as const }] : []),
    ...(object.can.update ? [{ key: "edit", icon: <SquarePen />, label: t("record.edit"), onClick: onEdit }] : []),
    { key: "history", icon: <HistoryIcon />, label: t("record.history"), onClick: onHistory },
    {
      key: "copy",
      icon: <Copy />,
      label: t("record.copy"),
      onClick: () =>
        void navigator.clipboard
          .writeText(window.location.href.split("?")[0] ?? "")
          .then(() => toast({ text: t("record.copied") })),
    },
    { key: "print", icon: <Printer />, label: t("record.print"), onClick: () => window.print() },
    ...(object.can.delete
      ? [
          { type: "divider" as const },
          { key: "delete", icon: <Trash2 />, danger: true, label: t("record.delete"), onClick: () => void remove() },
        ]
      : []),
  ];

  return (
    <header className={styles.header}>
      <div className={styles.back}>
        <Link
          to="/o/$object"
          params={{ object: object.name }}
          aria-label={t("record.back", { objects: label(object.plural) })}
        >
          <ArrowLeft aria-hidden />
        </Link>
      </div>
      <div className={styles.who}>
        <Avatar name={title} id={record.id} size={44} square={!person} />
        <div className={styles.name}>
          <h1>
            <span className={styles.title}>{title}</span>
            <Grade object={object} record={record} />
          </h1>
          <Subtitle object={object} record={record} />
        </div>
      </div>
      <Figures object={object} record={record} />
      <div className={styles.actions}>
        {!phone &&
          actions.slice(0, 2).map((one) => (
            <Button key={one.name} onClick={() => setActing(one)}>
              {label(one.label, one.name)}
            </Button>
          ))}
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
        <Dropdown menu={{ items }} trigger={["click"]} placement="bottomRight">
          <span>
            <IconButton icon={<Ellipsis />} label={t("record.menu")} className={styles.menu} />
          </span>
        </Dropdown>
      </div>
      {acting && <ActionForm object={object} record={record} action={acting} onClose={() => setActing(null)} />}
    </header>
  );
}
