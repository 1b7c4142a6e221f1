/** How the file is read: what was recognised, each to be chosen otherwise. */
import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, FileText } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useFormat, useT } from "../i18n";
import { cx, Dropdown, useRefusal } from "../ui";
import { DATE_ORDERS, fileSize, type Upload } from "./model";
import { importKeys } from "./state";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

const ENCODINGS = ["utf-8", "gb18030", "utf-16", "big5hkscs", "cp1252", "cp932", "euc_kr"];
const DELIMITERS = [",", ";", "\t", "|"];

interface FileBarProps extends Pick<StepProps, "object" | "upload" | "choices" | "onChange"> {
  /** Dates of the file go into fields. */
  dates: boolean;
}

/** What was found out about the file; where that is wrong, it is read in another way. */
export function FileBar({ object, upload, choices, onChange, dates }: FileBarProps) {
  const t = useT();
  const f = useFormat();
  const refuse = useRefusal();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const size = fileSize(upload.size);
  const read = async (options: Record<string, string | number>) => {
    setBusy(true);
    try {
      const again = await api.get<Upload>(`/uploads/${upload.id}`, { object: object.name, ...options });
      client.setQueryData(importKeys.upload(upload.id, object.name), again);
    } catch (reason) {
      refuse(reason);
      setBusy(false);
    }
  };
  const text = upload.format === "csv";
  const known = (delimiter: string) =>
    ({ ",": t("transfer.delimiter.comma"), ";": t("transfer.delimiter.semicolon"), "\t": t("transfer.delimiter.tab") })[
      delimiter
    ] ?? delimiter;
  const encodings = [...new Set([upload.encoding, ...ENCODINGS])].filter(Boolean);
  return (
    <div className={styles.fileBar} aria-busy={busy}>
      <span className={styles.fileSign}>
        <FileText aria-hidden />
      </span>
      <span className={styles.fileName}>
        <b className="ellipsis">{upload.name}</b>
        <span className={styles.soft}>
          {t("transfer.rows", { n: upload.rows })} · {t("transfer.columns", { n: upload.columns.length })} ·{" "}
          {f.number(size.n)} {size.unit}
        </span>
      </span>
      <span className="spring" />
      {text && (
        <Chip
          label={t("transfer.encoding")}
          value={upload.encoding.toUpperCase()}
          extra={t("transfer.detected")}
          items={encodings.map((one) => ({ key: one, label: one.toUpperCase() }))}
          chosen={upload.encoding}
          onPick={(encoding) => void read({ encoding })}
        />
      )}
      {text && (
        <Chip
          label={t("transfer.delimiter")}
          value={known(upload.delimiter)}
          items={[...new Set([upload.delimiter, ...DELIMITERS])].map((one) => ({ key: one, label: known(one) }))}
          chosen={upload.delimiter}
          onPick={(delimiter) => void read({ delimiter })}
        />
      )}
      {upload.sheets.length > 1 && (
        <Chip
          label={t("transfer.sheet")}
          value={upload.sheet}
          items={upload.sheets.map((one) => ({ key: one, label: one }))}
          chosen={upload.sheet}
          onPick={(sheet) => void read({ sheet })}
        />
      )}
      <Chip
        label={t("transfer.header")}
        value={upload.header_row ? t("transfer.header.row", { n: upload.header_row }) : t("transfer.header.none")}
        items={[
          ...Array.from({ length: Math.max(6, upload.header_row) }, (_, at) => ({
            key: String(at + 1),
            label: t("transfer.header.row", { n: at + 1 }),
          })),
          { key: "0", label: t("transfer.header.none") },
        ]}
        chosen={String(upload.header_row)}
        onPick={(row) => void read({ header_row: Number(row) })}
      />
      {dates && (
        <Chip
          label={t("transfer.dates.order")}
          value={choices.date_order ? t(`transfer.dates.${choices.date_order as (typeof DATE_ORDERS)[number]}`) : ""}
          fallback={t("transfer.dates.auto")}
          extra={
            upload.date_order !== "" && choices.date_order === upload.date_order ? t("transfer.detected") : undefined
          }
          items={[
            { key: "", label: t("transfer.dates.auto") },
            ...DATE_ORDERS.map((order) => ({ key: order, label: t(`transfer.dates.${order}`) })),
          ]}
          chosen={choices.date_order}
          onPick={(date_order) => onChange({ date_order })}
        />
      )}
    </div>
  );
}

interface ChipProps {
  label: string;
  value: string;
  fallback?: string;
  extra?: string;
  items: { key: string; label: string }[];
  chosen: string;
  onPick: (key: string) => void;
}

function Chip({ label, value, fallback, extra, items, chosen, onPick }: ChipProps) {
  return (
    <Dropdown menu={{ items, selectedKeys: [chosen], onClick: ({ key }) => key !== chosen && onPick(key) }}>
      <button type="button" className={cx(styles.chip, extra && styles.chipOn)}>
        <span>{label}</span>
        <b>{value || fallback}</b>
        {extra && <span className={styles.hideMid}>{extra}</span>}
        <ChevronDown aria-hidden />
      </button>
    </Dropdown>
  );
}
