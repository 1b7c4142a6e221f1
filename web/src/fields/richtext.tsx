import { Skeleton } from "antd";
import DOMPurify from "dompurify";
import { lazy, memo, Suspense, useMemo } from "react";
import { inputFilter } from "./conditions";
import { Dash, LineInput, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

// The editor is larger than everything else here together: it comes when somebody writes.
const Editor = lazy(() => import("./RichEditor"));

/** The words of formatted text. Parsed, not matched: a document made by DOMParser runs nothing and loads nothing. */
export function wordsOf(html: string): string {
  const body = new DOMParser().parseFromString(
    html.replace(/<\/(p|li|h\d|tr|blockquote)>|<br\s*\/?>/gi, "$& "),
    "text/html",
  ).body;
  return (body.textContent ?? "").replace(/\s+/g, " ").trim();
}

const format: Twin["format"] = (value) => (value ? wordsOf(asText(value)) : "");

/** Formatted text. The server has cleaned it when it was written; here it is cleaned once more before it is shown. */
export const RichText = memo(function RichText({ html }: { html: string }) {
  const clean = useMemo(
    () =>
      DOMPurify.sanitize(html, {
        USE_PROFILES: { html: true },
        FORBID_TAGS: ["style", "form"],
        FORBID_ATTR: ["style", "class", "id"],
      }),
    [html],
  );
  // biome-ignore lint/security/noDangerouslySetInnerHtml: cleaned in the line above
  return <div className={styles.rich} dangerouslySetInnerHTML={{ __html: clean }} />;
});

const Show = memo(function Show({ value }: CellProps) {
  return value ? <RichText html={asText(value)} /> : <Dash />;
});

function Input(props: InputProps) {
  return (
    <Suspense fallback={<Skeleton.Input block active={false} style={{ height: 120 }} />}>
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
