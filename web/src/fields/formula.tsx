import text from "./text";
import type { Twin } from "./twin";

/** What is computed is shown as what it is: an amount, a date, a text. */
export default {
  ...text,
  shownAs: ({ config }) => (typeof config.result === "string" ? config.result : "text"),
} satisfies Twin;
