import { memo, Suspense } from "react";
import { part } from "../renew";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

/** The editor is larger than everything else here together: it comes when somebody writes. */
const Editor = part(() => import("./RichEditor"));
const Formatted = part(() => import("./Formatted"));

/** The words of formatted text. Parsed, not matched: a document made by DOMParser runs nothing and loads nothing. */
export function wordsOf(html: string): string {
  const body = new DOMParser().parseFromString(
    html.replace(/<\/(p|li|h\d|tr|blockquote)>|<br\s*\/?>/gi, "$& "),
    "text/html",
  ).body;
  return (body.textContent ?? "").replace(/\s+/g, " ").trim();
}

const format: Twin["format"] = (value) => (value ? wordsOf(asText(value)) : "");

const Show = memo(function Show({ value }: CellProps) {
  if (!value) return <Dash />;
  return (
    <Suspense fallback={wordsOf(asText(value))}>
      <Formatted html={asText(value)} />
    </Suspense>
  );
});

function Input(props: InputProps) {
  return (
    <Suspense fallback={<div className={styles.paper} />}>
      <Editor {...props} />
    </Suspense>
  );
}

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: inputFilter(LineInput),
  format,
  width: 240,
  wide: true,
  block: true,
  defaultOp: "contains",
} satisfies Twin;
