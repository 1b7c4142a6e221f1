/** A card of a board: what, for whom, how much and when, what comes next and who does it; a clock on what stands still. */
import { useDraggable } from "@dnd-kit/core";
import { ArrowRight, Clock } from "lucide-react";
import { memo, useRef } from "react";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { isEmpty } from "../fields/twin";
import { useFormat, useT } from "../i18n";
import { inline } from "../i18n/words";
import { type Field, type RecordData, titleOf } from "../schema/catalog";
import { staleDays } from "../schema/stale";
import { Avatar, cx, RecordLink } from "../ui";
import styles from "./board.module.css";
import { cardFields } from "./lanes";
import { isTime, type List } from "./list";
import { useReturned } from "./place";
import { sumsOf } from "./sums";

/** A sum as the server told it under the name `sum`, in each of its currencies. */
export function Sum({ values }: { values: Readonly<Record<string, unknown>> | undefined }) {
  const parts = sumsOf(values, "sum", useFormatContext());
  return parts.map(({ text, unit, exact }, at) => (
    <span key={exact} className={styles.sum} title={exact}>
      {at > 0 && "+ "}
      {text}
      <span className="unit">{unit}</span>
    </span>
  ));
}

interface CardProps {
  list: List;
  by: Field;
  record: RecordData;
  sum: Field | undefined;
}

/** `first`: by it Tab comes into a lane; arrow keys go on from there. */
export const Card = memo(function Card({ lane, first, ...props }: CardProps & { lane: string; first: boolean }) {
  const { list, by, record } = props;
  const { setNodeRef, listeners, isDragging } = useDraggable({
    id: record.id,
    data: { record, from: lane, title: titleOf(list.object, record) },
    disabled: !list.object.can.update || by.readonly,
  });
  const box = useRef<HTMLElement>(null);
  useReturned(record.id, box);
  return (
    <div
      ref={(node) => {
        box.current = node;
        setNodeRef(node);
      }}
      className={cx(styles.card, isDragging && styles.ghost)}
      {...listeners}
      role="group"
      // All that stands on it is heard.
      id={`card-${record.id}`}
      aria-labelledby={`card-${record.id}`}
      tabIndex={first ? 0 : -1}
      data-card={record.id}
    >
      <CardBody {...props} link />
    </div>
  );
});

export function CardBody({ list, by, record, sum, link }: CardProps & { link?: boolean }) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const catalog = useCatalog();
  const { object } = list;
  const title = titleOf(object, record) || t("list.untitled");
  const fields = cardFields(list, by, sum).flatMap((path) => {
    const field = path !== object.title && catalog.field(object, path);
    return field ? [{ path, field, value: record[path] }] : [];
  });
  const filled = fields.filter(({ value }) => !isEmpty(value));
  const lead = filled.find(({ field }) => field.type === "link");
  const amount = filled.find(({ path }) => path === sum?.name);
  const owner = filled.find(({ path }) => path === object.owner);
  const when = filled.find(({ field }) => isTime(field));
  const kind = record[`${by.name}_kind`];
  const open = kind === "open";
  // Along a pipeline the last words are what comes next; that nothing does is worth knowing too.
  const next =
    kind === undefined
      ? undefined
      : fields.findLast(({ field }) => field.options.length === 0 && field.operators.includes("starts_with"));
  const others = filled.filter((one) => ![lead, amount, owner, when].includes(one) && one.path !== next?.path);
  const past = when && open ? -f.daysFromToday(String(when.value)) : 0;
  const stale = staleDays(object, record);
  const who = owner && twin(owner.field).format(owner.value, owner.field, ctx);
  const cell = ({ path, field, value }: { path: string; field: Field; value: unknown }) => {
    const { Cell } = twin(field);
    return <Cell key={path} field={field} value={value} record={record} />;
  };
  return (
    <>
      <h3 className="ellipsis" dir="auto">
        {link ? (
          <RecordLink object={object.name} id={record.id} draggable={false} tabIndex={-1} dir={undefined}>
            {title}
          </RecordLink>
        ) : (
          title
        )}
      </h3>
      {/* A card leads to one place. */}
      {lead && (
        <p className={cx(styles.lead, "ellipsis")} dir="auto">
          {twin(lead.field).format(lead.value, lead.field, ctx)}
        </p>
      )}
      {(sum || when || others[0]) && (
        <p className={styles.figures}>
          {amount && <Sum values={{ sum: amount.value, sum_currency: record[`${amount.path}_currency`] }} />}
          {sum && !amount && <span className="dash">—</span>}
          {others.map(cell)}
          <span className="spring" />
          {when && (past > 0 ? <span className={styles.past}>{t("list.board.past", { n: past })}</span> : cell(when))}
        </p>
      )}
      {stale !== null && (
        <p className={styles.stale}>
          <Clock aria-hidden />
          {t("list.stay", { n: stale })}
        </p>
      )}
      {(owner || (next && !isEmpty(next.value))) && (
        <p className={styles.who}>
          {next && (open || !isEmpty(next.value)) && (
            <span className={cx("ellipsis", isEmpty(next.value) && styles.without)}>
              <ArrowRight aria-hidden />
              {isEmpty(next.value)
                ? t("list.board.without", { field: inline(ctx.label(next.field.label, next.path), ctx.language) })
                : twin(next.field).format(next.value, next.field, ctx)}
            </span>
          )}
          <span className="spring" />
          {who && owner && (
            <span className={styles.owner} data-tip={who} role="img" aria-label={who}>
              <Avatar name={who} id={String((owner.value as { id?: string }).id ?? who)} size={22} />
            </span>
          )}
        </p>
      )}
    </>
  );
}
