/** What a customer is worth, what it bought, and how it feels about us. */
import { ArrowDown, ArrowUp, Star } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import { type Sum, sumsOf } from "../records/sums";
import type { RecordData, Ref } from "../schema/catalog";
import { cx } from "../ui";
import styles from "./circle.module.css";
import { Frame, type PanelProps } from "./Frame";

type Figures = Record<string, unknown> & { orders?: number; amount?: number | null };

interface WorthData {
  all: Figures & { mean?: number | null; first?: string; last?: string };
  year: Figures | null;
  before: Figures | null;
  months: { month: string; amount: number }[];
}

/** Sums side by side, each currency for itself. */
export function Sums({ sums }: { sums: Sum[] }) {
  if (sums.length === 0) return <span className="dash">—</span>;
  return (
    <span title={sums.map((sum) => sum.exact).join(" + ")}>
      {sums.map((sum, at) => (
        <Fragment key={sum.exact}>
          {at > 0 && " + "}
          {sum.text}
          {sum.unit && <span className="unit">{sum.unit}</span>}
        </Fragment>
      ))}
    </span>
  );
}

function Fact({ label, children, under }: { label: string; children: ReactNode; under?: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {children}
        {under && <small>{under}</small>}
      </dd>
    </div>
  );
}

export function Worth({ data, title }: PanelProps<WorthData>) {
  const ctx = useFormatContext();
  const { t, f } = ctx;
  const [now, then] = [Number(data.year?.amount ?? 0), Number(data.before?.amount ?? 0)];
  const change = then > 0 ? Math.round(((now - then) / then) * 100) : null;
  const total = Number(data.all.amount ?? 0);
  return (
    <Frame icon="chart" title={title}>
      <dl className={styles.figures}>
        {"amount" in data.all && (
          <Fact label={t("circle.total")} under={t("circle.orders", { n: data.all.orders ?? 0 })}>
            <Sums sums={sumsOf(data.all, "amount", ctx)} />
          </Fact>
        )}
        <Fact
          label={t("circle.year")}
          under={
            change === null ? (
              total > 0 && now > 0 ? (
                t("circle.share", { n: Math.round((now / total) * 100) })
              ) : undefined
            ) : (
              <span className={styles.move}>
                {change < 0 ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />}
                {t(change < 0 ? "circle.less" : "circle.more", { n: Math.abs(change) })}
              </span>
            )
          }
        >
          <Sums sums={sumsOf(data.year ?? undefined, "amount", ctx)} />
        </Fact>
        {"mean" in data.all && (
          <Fact label={t("circle.mean")}>
            <Sums sums={sumsOf(data.all, "mean", ctx)} />
          </Fact>
        )}
        {data.all.last && (
          <Fact label={t("circle.last")} under={data.all.first && t("circle.since", { when: f.date(data.all.first) })}>
            <span className={styles.when}>{f.ago(data.all.last)}</span>
          </Fact>
        )}
      </dl>
      <Trend months={data.months} />
    </Frame>
  );
}

/** Amounts by month as bars: this year solid, what was before pale. */
function Trend({ months }: { months: WorthData["months"] }) {
  const ctx = useFormatContext();
  const most = Math.max(...months.map((one) => one.amount), 1);
  const year = months.at(-1)?.month.slice(0, 4);
  const sold = months.filter((one) => one.amount > 0);
  if (sold.length === 0) return null;
  const best = sold.reduce((a, b) => (b.amount > a.amount ? b : a));
  const [first, last] = [months[0]?.month ?? "", months.at(-1)?.month ?? ""];
  const said = ctx.t("circle.trend", {
    n: sold.length,
    best: ctx.f.month(`${best.month}-01`),
    amount: ctx.f.money(best.amount, ctx.currency),
  });
  return (
    <figure className={styles.trend}>
      <svg viewBox={`0 0 ${months.length * 10} 40`} preserveAspectRatio="none" role="img" aria-label={said}>
        {months.map((one, at) => {
          const height = one.amount > 0 ? Math.max(2, (one.amount / most) * 39) : 1;
          return (
            <rect
              key={one.month}
              x={at * 10 + 1}
              y={40 - height}
              width={8}
              height={height}
              className={cx(one.month.startsWith(year ?? "") ? styles.bar : styles.pale, !one.amount && styles.nothing)}
            >
              <title>{`${ctx.f.month(`${one.month}-01`)} · ${ctx.f.money(one.amount, ctx.currency)}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>{ctx.f.month(`${first}-01`)}</span>
        <span>{ctx.f.month(`${last}-01`)}</span>
      </figcaption>
    </figure>
  );
}

interface Part {
  group: Record<string, unknown>;
  amount?: number | null;
  quantity?: number | null;
}

interface BoughtData {
  families: Part[];
  channels: Part[];
  products: Part[];
}

export function Bought({ data, title }: PanelProps<BoughtData>) {
  const ctx = useFormatContext();
  const catalog = useCatalog();
  const { t, label } = ctx;
  const ways = catalog.object("order")?.fields.find((field) => field.name === "channel")?.options;
  const families = data.families.map((one) => [String(one.group["product.family"] ?? t("circle.rest")), one] as const);
  const channels = data.channels.map((one) => {
    const name = String(one.group.channel ?? "");
    return [label(ways?.find((way) => way.name === name)?.label, name) || t("circle.rest"), one] as const;
  });
  const products = data.products.flatMap((one) => {
    const ref = one.group.product as Ref | null;
    return ref ? [[ref.title, one] as const] : [];
  });
  return (
    <Frame icon="cart" title={title}>
      <Shares head={t("circle.families")} parts={families} />
      <Shares head={t("circle.products")} parts={products} />
      <Shares head={t("circle.channels")} parts={channels} />
    </Frame>
  );
}

function Shares({ head, parts }: { head: string; parts: (readonly [string, Part])[] }) {
  const ctx = useFormatContext();
  const most = Math.max(...parts.map(([, one]) => Number(one.amount ?? 0)), 0);
  if (parts.length === 0) return null;
  return (
    <>
      <h3 className={styles.head}>{head}</h3>
      <ul className={styles.shares}>
        {parts.map(([name, one]) => (
          <li key={name}>
            <span className="ellipsis">{name}</span>
            <span className={styles.amount}>
              <Sums sums={sumsOf(one as unknown as Record<string, unknown>, "amount", ctx)} />
            </span>
            <i aria-hidden="true">
              <b style={{ width: `${most > 0 ? (Number(one.amount ?? 0) / most) * 100 : 0}%` }} />
            </i>
          </li>
        ))}
      </ul>
    </>
  );
}

interface FeelingsData {
  satisfaction?: number | null;
  rated?: number;
  complaints: number;
  open: number;
  last: (RecordData & { title: string; opened_at?: string }) | null;
  attitudes: { attitude: string; n: number }[];
}

export function Feelings({ data, title }: PanelProps<FeelingsData>) {
  const { t, f, label } = useFormatContext();
  const options = useCatalog()
    .object("contact")
    ?.fields.find((field) => field.name === "attitude")?.options;
  return (
    <Frame icon="heart" title={title}>
      <dl className={styles.figures}>
        {data.rated ? (
          <Fact label={t("circle.satisfaction")} under={t("circle.rated", { n: data.rated })}>
            {data.satisfaction == null ? (
              <span className="dash">—</span>
            ) : (
              <span className={styles.stars}>
                {f.number(data.satisfaction, 1)}
                <Star aria-hidden />
              </span>
            )}
          </Fact>
        ) : null}
        <Fact
          label={t("circle.complaints")}
          under={data.last?.opened_at && t("circle.lately", { when: f.ago(data.last.opened_at) })}
        >
          {f.number(data.complaints)}
          {data.open > 0 && <span className={styles.grave}>{t("circle.unsettled", { n: data.open })}</span>}
        </Fact>
      </dl>
      {data.attitudes.length > 0 && (
        <p className={styles.words}>
          {data.attitudes.map(({ attitude, n }) => (
            <span key={attitude}>
              {label(options?.find((one) => one.name === attitude)?.label, attitude)} <b>{f.number(n)}</b>
            </span>
          ))}
        </p>
      )}
    </Frame>
  );
}
