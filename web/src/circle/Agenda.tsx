/** What is open with a customer, what was promised to it, and what comes next. */
import { Link } from "@tanstack/react-router";
import { useCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import type { Key } from "../i18n";
import related from "../records/RelatedLists.module.css";
import { sumsOf } from "../records/sums";
import type { Ref } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { cx, Icon } from "../ui";
import styles from "./circle.module.css";
import { Frame, type PanelProps } from "./Frame";
import { Sums } from "./Worth";

interface Unfinished {
  name: string;
  object: string;
  filter: Filter;
  count: number;
  amount?: number | null;
}

export function Unfinished({ data, title }: PanelProps<{ rows: Unfinished[] }>) {
  const ctx = useFormatContext();
  const catalog = useCatalog();
  return (
    <Frame icon="inbox" title={title}>
      <ul>
        {data.rows.map((row) => (
          <li key={row.name}>
            <Link
              to="/o/$object"
              params={{ object: row.object }}
              search={{ view: "all", filter: row.filter } as never}
              className={related.row}
            >
              <Icon name={catalog.object(row.object)?.icon ?? "box"} size={14} />
              <span className={related.title}>{ctx.t(`circle.open.${row.name}` as Key)}</span>
              {row.amount ? (
                <span className={related.fact}>
                  <Sums sums={sumsOf(row as unknown as Record<string, unknown>, "amount", ctx)} />
                </span>
              ) : null}
              <b className={styles.count}>{ctx.f.number(row.count)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

interface Line {
  kind?: string;
  object: string;
  id: string;
  title: string;
  text: string;
  at: string | null;
  owner: Ref | null;
  lunar?: boolean;
}

/** A day, or a time; red where it is over and was to be kept. */
function When({ at, kept }: { at: string | null; kept?: boolean }) {
  const { f } = useFormatContext();
  if (!at) return null;
  const late = kept && Date.parse(at.length > 10 ? at : `${at}T23:59:59`) < Date.now();
  const said = at.length > 10 ? f.datetime(at) : f.day(at);
  return <time className={cx(related.fact, late && styles.grave)}>{said}</time>;
}

export function Promised({ data, title }: PanelProps<{ rows: Line[] }>) {
  const catalog = useCatalog();
  return (
    <Frame icon="handshake" title={title}>
      <ul>
        {data.rows.map((row) => (
          <li key={`${row.object} ${row.id}`}>
            <Link to="/o/$object/$id" params={{ object: row.object, id: row.id }} className={related.row}>
              <Icon name={catalog.object(row.object)?.icon ?? "box"} size={14} />
              <span className={related.title} title={row.text === row.title ? undefined : row.title}>
                {row.text}
              </span>
              <When at={row.at} kept />
            </Link>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

export function Coming({ data, title }: PanelProps<{ rows: Line[] }>) {
  const { t } = useFormatContext();
  const catalog = useCatalog();
  return (
    <Frame icon="calendar" title={title}>
      <ul>
        {data.rows.map((row) => (
          <li key={`${row.kind} ${row.id}`}>
            <Link to="/o/$object/$id" params={{ object: row.object, id: row.id }} className={related.row}>
              <Icon name={row.kind === "birthday" ? "gift" : (catalog.object(row.object)?.icon ?? "box")} size={14} />
              <span className={related.title}>
                {row.kind === "birthday"
                  ? t(row.lunar ? "circle.birthday.lunar" : "circle.birthday", { who: row.title })
                  : row.kind === "contract"
                    ? t("circle.ends", { title: row.title })
                    : row.title}
              </span>
              <When at={row.at} />
            </Link>
          </li>
        ))}
      </ul>
    </Frame>
  );
}
