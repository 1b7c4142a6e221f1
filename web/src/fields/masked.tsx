/** A field that its reader sees masked, whatever its type: the mask, and a look behind it for who may. */
import { Eye, EyeOff } from "lucide-react";
import { memo, useEffect, useState } from "react";
import { api } from "../api/client";
import { useT } from "../i18n";
import { cx, useToast } from "../ui";
import { inputFilter } from "./conditions";
import { LineInput } from "./Entry";
import styles from "./fields.module.css";
import { TWINS } from "./index";
import { asText, type CellProps, type InputProps, type Twin } from "./twin";

/** How long a value stays in clear. */
const SHOWN = 30_000;

const format: Twin["format"] = (value) => asText(value);

function Masked({ field, value, record }: CellProps) {
  const t = useT();
  const toast = useToast();
  const [clear, setClear] = useState<{ record: Record<string, unknown> } | null>(null);
  const [busy, setBusy] = useState(false);
  const id = record?.id;
  // A value behind a link belongs to another record, which this one does not name.
  const may = field.masked === "reveal" && field.behind && typeof id === "string" && record?.[field.name] === value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another record begins masked
  useEffect(() => setClear(null), [id, value]);
  useEffect(() => {
    if (!clear) return;
    const timer = setTimeout(() => setClear(null), SHOWN);
    return () => clearTimeout(timer);
  }, [clear]);
  if (value === null || value === undefined || value === "") return null;
  const toggle = async () => {
    if (clear) return setClear(null);
    setBusy(true);
    try {
      const path = `/records/${field.behind?.object}/${id}/reveal`;
      setClear({ record: (await api.post<Record<string, unknown>>(path, { fields: [field.name] })).data });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  const Plain = clear && field.behind ? (TWINS[field.behind.type]?.Cell ?? null) : null;
  return (
    <span className={styles.masked}>
      {clear && Plain && field.behind ? (
        <Plain field={{ ...field, type: field.behind.type }} value={clear.record[field.name]} record={clear.record} />
      ) : (
        <span className={cx(styles.mask, "ellipsis")} data-mask>
          {asText(value)}
        </span>
      )}
      {may && (
        <button
          type="button"
          className={styles.reveal}
          disabled={busy}
          aria-pressed={clear !== null}
          aria-label={t(clear ? "fields.mask.hide" : "fields.mask.show")}
          title={t(clear ? "fields.mask.hide" : "fields.mask.show")}
          onClick={(event) => {
            event.stopPropagation();
            event.preventDefault();
            void toggle();
          }}
          onDoubleClick={(event) => event.stopPropagation()}
          onKeyDown={(event) => event.stopPropagation()}
        >
          {clear ? <EyeOff /> : <Eye />}
        </button>
      )}
    </span>
  );
}

/** A new value in place of a sealed one: its mask stands behind what is typed, and is never sent back. */
export function Sealed(props: InputProps) {
  const typed = asText(props.value);
  const mask = typed.includes("*");
  return <LineInput {...props} value={mask ? null : props.value} placeholder={mask ? typed : undefined} />;
}

/** What is masked is not written, unless it is kept sealed: then it can be replaced unseen. */
function Input(props: InputProps) {
  return props.field.behind?.type === "sealed" ? <Sealed {...props} /> : <LineInput {...props} disabled />;
}

export default {
  Cell: memo(Masked),
  Input,
  Filter: inputFilter(LineInput),
  format,
} satisfies Twin;
