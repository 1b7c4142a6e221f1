import { Paperclip, Trash2, Upload } from "lucide-react";
import { memo, useRef, useState } from "react";
import { api } from "../api/client";
import { Button, IconButton, whyOf } from "../ui";
import { EmptyFilter } from "./conditions";
import { Dash, wordsCell } from "./Entry";
import styles from "./fields.module.css";
import { asNumber, asText, type CellProps, type InputProps, type Twin, useFormatContext } from "./twin";

interface Stored {
  id: string;
  name: string;
  size: number;
  type: string;
}

const asFile = (value: unknown): Stored | null =>
  value !== null && typeof value === "object" && "id" in value ? (value as Stored) : null;

const address = (file: Stored): string => `/api/v1/files/${file.id}`;

/** 1.2 MB. */
export function saySize(bytes: unknown): string {
  let n = asNumber(bytes) ?? 0;
  for (const unit of ["B", "KB", "MB"]) {
    if (n < 1000) return `${n < 10 && unit !== "B" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1024;
  }
  return `${n.toFixed(1)} GB`;
}

/** Where the picture of a value is, small enough for a card; null for what is none. */
export const pictureOf = (value: unknown): string | null => {
  const file = asFile(value);
  return file && /^image\/(png|jpe?g|gif|webp|avif)$/.test(file.type) ? `${address(file)}?size=small` : null;
};

const format: Twin["format"] = (value) => asText(asFile(value)?.name);

const Show = memo(function Show({ value }: CellProps) {
  const file = asFile(value);
  if (!file) return <Dash />;
  const picture = pictureOf(value);
  return (
    <a className={styles.link} href={address(file)} target="_blank" rel="noopener">
      {picture ? <img className={styles.picture} src={picture} alt={file.name} loading="lazy" /> : file.name}{" "}
      {!picture && <span className={styles.grey}>{saySize(file.size)}</span>}
    </a>
  );
});

function Input({ field, value, onChange, onCommit, autoFocus, id, disabled, size }: InputProps) {
  const { t, label } = useFormatContext();
  const picker = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const file = asFile(value);
  const says = t(file ? "fields.file.replace" : "fields.file.choose");
  const upload = async (chosen: File | undefined) => {
    if (!chosen) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = new FormData();
      body.append("file", chosen);
      const { data } = await api.post<Stored>("/files", body);
      onChange(data);
      onCommit?.(data);
    } catch (reason) {
      setProblem(whyOf(reason, t));
    } finally {
      setBusy(false);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button beside it is the first
    <div
      className={styles.drop}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void upload(event.dataTransfer.files[0]);
      }}
    >
      {file && (
        <>
          <Paperclip />
          <span className="ellipsis">{file.name}</span>
          <span className={styles.grey}>{saySize(file.size)}</span>
          <IconButton
            small
            icon={<Trash2 />}
            label={t("fields.file.remove")}
            disabled={disabled}
            onClick={() => {
              onChange(null);
              onCommit?.(null);
            }}
          />
        </>
      )}
      <Button
        id={id}
        size={size}
        icon={<Upload />}
        loading={busy}
        disabled={disabled}
        autoFocus={autoFocus}
        aria-label={`${label(field.label, field.name)} · ${says}`}
        onClick={() => picker.current?.click()}
      >
        {says}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept={field.config.image === true ? "image/*" : undefined}
        data-field={field.name}
        onChange={(event) => void upload(event.target.files?.[0])}
      />
      {problem && (
        <span className={styles.lost} role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

export default {
  Cell: wordsCell(format),
  Show,
  Input,
  Filter: ({ value, onChange }) => <EmptyFilter value={value} onChange={onChange} />,
  format,
  width: 160,
  wide: true,
  defaultOp: "is_empty",
} satisfies Twin;
