import DOMPurify from "dompurify";
import { memo, useMemo } from "react";
import styles from "./fields.module.css";

/** Formatted text. The server has cleaned it when it was written; here it is cleaned once more before it is shown. */
const Formatted = memo(function Formatted({ html }: { html: string }) {
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

export default Formatted;
