/** Who of ours knows a customer, the group that it belongs to, and its relations with others. */
import { Link } from "@tanstack/react-router";
import { ChevronRight, Plus } from "lucide-react";
import { useCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import related from "../records/RelatedLists.module.css";
import { type RecordData, type Ref, titleOf } from "../schema/catalog";
import { useCreate } from "../shell/create";
import { Avatar, cx, IconButton, RecordLink } from "../ui";
import styles from "./circle.module.css";
import { Frame, type PanelProps } from "./Frame";

interface User {
  id: string;
  title: string;
  times: number;
  last: string;
}

export function Known({ data, title }: PanelProps<{ users: User[] }>) {
  const { t, f } = useFormatContext();
  return (
    <Frame icon="user" title={title}>
      <ul>
        {data.users.map((user) => (
          <li key={user.id} className={related.row}>
            <Avatar name={user.title} id={user.id} />
            <span className={related.title}>{user.title}</span>
            <span className={related.fact}>
              {t("circle.times", { n: user.times })} · {f.ago(user.last)}
            </span>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

interface Node {
  id: string;
  title: string;
  parent: string | null;
  depth: number;
  amount: number;
  pipeline: number;
  sum: { orders: number; amount: number; pipeline: number };
}

export function Group({ data, title, record }: PanelProps<{ nodes: Node[]; count: number; more: boolean }>) {
  const { t, f, currency } = useFormatContext();
  const under = new Map<string | null, Node[]>();
  for (const node of data.nodes) under.set(node.parent, [...(under.get(node.parent) ?? []), node]);
  const short = (value: number) => f.joined(f.moneyShort(value, currency));
  const draw = (node: Node) => {
    const parts = under.get(node.id) ?? [];
    return (
      <li key={node.id}>
        <span className={cx(related.row, node.id === record.id && styles.here)}>
          <span className={related.title}>
            {node.id === record.id ? (
              <b>{node.title}</b>
            ) : (
              <RecordLink object="account" id={node.id}>
                {node.title}
              </RecordLink>
            )}
          </span>
          <span
            className={related.fact}
            title={t("circle.group.of", { amount: short(node.sum.amount), pipeline: short(node.sum.pipeline) })}
          >
            {node.sum.amount ? short(node.sum.amount) : <span className="dash">—</span>}
          </span>
        </span>
        {parts.length > 0 && <ul className={styles.under}>{parts.map(draw)}</ul>}
      </li>
    );
  };
  const top = data.nodes[0];
  if (!top) return null;
  return (
    <Frame
      icon="building"
      title={title}
      extra={
        <span>
          {t("circle.group", { n: data.count, amount: short(top.sum.amount), pipeline: short(top.sum.pipeline) })}
        </span>
      }
    >
      <ul className={styles.tree}>{draw(top)}</ul>
    </Frame>
  );
}

interface Relation extends RecordData {
  role: string;
  out: boolean;
  other: Ref;
}

export function Relations({ data, title, object, record }: PanelProps<{ rows: Relation[] }>) {
  const { t, f, label } = useFormatContext();
  const catalog = useCatalog();
  const create = useCreate();
  const relation = catalog.object("relation");
  const roles = relation?.fields.find((field) => field.name === "role")?.options;
  const here = { object: object.name, id: record.id, title: titleOf(object, record) };
  return (
    <Frame
      icon="link"
      title={title}
      extra={
        relation?.can.create &&
        !record.archived_at && (
          <IconButton
            small
            icon={<Plus />}
            label={t("record.add", { object: label(relation.label) })}
            onClick={() => create({ object: "relation", values: { from_record: here } })}
          />
        )
      }
    >
      <ul>
        {data.rows.map((row) => {
          const role = label(roles?.find((one) => one.name === row.role)?.label, row.role);
          const way = row.out ? "out" : "in";
          const before = t(`circle.relation.${way}.before`, { role });
          const when = [row.since, row.until].some(Boolean)
            ? [row.since, row.until].map((day) => (day ? f.date(String(day)) : "")).join(" – ")
            : undefined;
          return (
            <li key={row.id} className={cx(related.row, styles.relation)} title={when}>
              {before && <span className={related.fact}>{before}</span>}
              <RecordLink object={row.other.object ?? "account"} id={row.other.id} className={related.title}>
                {row.other.title}
              </RecordLink>
              <span className={related.fact}>{t(`circle.relation.${way}.after`, { role })}</span>
              <Link
                to="/o/$object/$id"
                params={{ object: "relation", id: row.id }}
                className={styles.more}
                aria-label={t("circle.relation.open", { role, who: row.other.title })}
                title={t("circle.relation.open", { role, who: row.other.title })}
              >
                <ChevronRight size={14} aria-hidden />
              </Link>
            </li>
          );
        })}
      </ul>
      {data.rows.length === 0 && <p className={related.none}>{t("record.related.none")}</p>}
    </Frame>
  );
}
