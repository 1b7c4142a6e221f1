/** Sums of amounts as the server tells them: one figure and its currency, or one for each currency that there is. */
import { type FormatContext, twin } from "../fields";
import type { Column } from "./columns";

export interface Sum {
  text: string;
  unit: string;
  exact: string;
}

/**
 * Every part of a sum that is not nothing, largest currency first as sent; empty where there is nothing to add up. `alone`: it stands
 * beside figures of other kinds, where only Chinese units say that it is money.
 */
export function sumsOf(
  values: Readonly<Record<string, unknown>> | undefined,
  name: string,
  ctx: FormatContext,
  alone = false,
): Sum[] {
  const one = values?.[name];
  const parts: [string, unknown][] =
    typeof one === "number"
      ? [[String(values?.[`${name}_currency`] ?? ""), one]]
      : Object.entries((values?.[`${name}_by_currency`] ?? {}) as Record<string, unknown>);
  return parts.flatMap(([currency, value]) => {
    if (typeof value !== "number" || value === 0) return [];
    const own = currency || ctx.currency;
    const { sign, text, unit } = ctx.f.moneyShort(value, own);
    // The workspace's own currency goes without saying.
    const silent = own === ctx.currency && !(alone && ctx.language !== "zh");
    return [{ text: silent ? text : `${sign}${text}`, unit, exact: ctx.f.money(value, own) }];
  });
}

/** The columns of a list that can be added up. */
export const summed = (list: { columns: Column[] }): Column[] =>
  list.columns.filter(
    ({ path, field }) => !path.includes(".") && field.aggregates.includes("sum") && twin(field).total === "sum",
  );
