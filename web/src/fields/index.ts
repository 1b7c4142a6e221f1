/** The twins of all field types, by name. */
import type { Field } from "../schema/catalog";
import address from "./address";
import autonumber from "./autonumber";
import boolean from "./boolean";
import currency from "./currency";
import date from "./date";
import datetime from "./datetime";
import decimal from "./decimal";
import duration from "./duration";
import email from "./email";
import file from "./file";
import formula from "./formula";
import id from "./id";
import integer from "./integer";
import json from "./json";
import link from "./link";
import links from "./links";
import longtext from "./longtext";
import masked from "./masked";
import money from "./money";
import multiselect from "./multiselect";
import password from "./password";
import percent from "./percent";
import person from "./person";
import phone from "./phone";
import pipeline from "./pipeline";
import rating from "./rating";
import reference from "./reference";
import richtext from "./richtext";
import rollup from "./rollup";
import sealed from "./sealed";
import select from "./select";
import stage from "./stage";
import tags from "./tags";
import text from "./text";
import type { Twin } from "./twin";
import url from "./url";
import user from "./user";

export { conditionWords } from "./conditions";
export type { CellProps, FilterProps, FormatContext, InputProps, Twin } from "./twin";
export { FormatProvider, isEmpty, useFormatContext } from "./twin";

export const TWINS: Readonly<Record<string, Twin>> = {
  address,
  autonumber,
  boolean,
  currency,
  date,
  datetime,
  decimal,
  duration,
  email,
  file,
  formula,
  id,
  integer,
  json,
  link,
  links,
  longtext,
  money,
  multiselect,
  password,
  percent,
  person,
  phone,
  pipeline,
  rating,
  reference,
  richtext,
  rollup,
  sealed,
  select,
  stage,
  tags,
  text,
  url,
  user,
};

/**
 * The twin of a field, or of a type by its name; what is computed has that of its values, and a type that the page does not
 * know yet (a server that is newer) is shown as text.
 */
export const twin = (of: Pick<Field, "type" | "config"> | string): Twin => {
  if (typeof of === "string") return TWINS[of] ?? text;
  if (of.type === "masked") return masked;
  const own: Twin = TWINS[of.type] ?? text;
  return own.shownAs ? (TWINS[own.shownAs(of)] ?? text) : own;
};
