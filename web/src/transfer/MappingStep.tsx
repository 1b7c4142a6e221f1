/** The second step: how the file is read, and which column goes where. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Dropdown, Radio, Select } from "antd";
import { AlertTriangle, ArrowRight, Check, ChevronDown, FileText, Minus, Sparkles, Undo2, X } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { freeName, nameFrom, useCatalogChanges } from "../admin/changes";
import { TypeIcon } from "../admin/types";
import { ApiError, api } from "../api/client";
import { useCatalog, useMe } from "../api/queries";
import { isEmpty } from "../fields";
import { useFormat, useLabel, useLanguage, useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { cx, IconButton, useToast } from "../ui";
import { Frame } from "./Frame";
import {
  addable,
  type Column,
  DATE_ORDERS,
  fieldType,
  fileSize,
  type How,
  howOf,
  isLink,
  keysOf,
  MODES,
  type Mode,
  mapped,
  meaning,
  type Target,
  type Upload,
  unfilled,
} from "./model";
import { importKeys } from "./state";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

const SHOWN = 10;
const NEW = "+new";

export function MappingStep({ object, upload, choices, onChange }: StepProps) {
  const t = useT();
  const label = useLabel();
  const navigate = useNavigate();
  const [all, setAll] = useState(false);
  const given = new Set(object.fields.filter((field) => !isEmpty(field.default)).map((field) => field.name));
  const missing = unfilled(upload, choices, given);
  const goes = upload.columns.filter((column) => howOf(choices.mapping, column.name));
  const needsKey = choices.mode !== "create" && !choices.key;
  const ready = goes.length > 0 && !needsKey;
  const targets = useMemo(() => new Map(upload.targets.map((target) => [target.field, target])), [upload.targets]);
  const set = (column: Column, how: How | null) =>
    onChange((before) => ({ mapping: mapped(before.mapping, column.name, how) }));
  const shown = all || upload.columns.length <= SHOWN + 2 ? upload.columns : upload.columns.slice(0, SHOWN);
  const next = () =>
    void navigate({
      to: "/import/$object",
      params: { object: object.name },
      search: { upload: upload.id, step: "check" },
    });
  return (
    <Frame
      object={object}
      at="map"
      upload={upload.id}
      aside={<HowToWrite object={object} upload={upload} choices={choices} onChange={onChange} />}
      foot={
        <>
          <span className={styles.footNote}>
            <Undo2 aria-hidden />
            {t("transfer.undoable")}
          </span>
          <span className="spring" />
          {missing.length > 0 && (
            <span className={styles.warn}>
              {t("transfer.missing", { fields: missing.map((one) => label(one.label)).join(t("record.comma")) })}
            </span>
          )}
          {needsKey && missing.length === 0 && <span className={styles.warn}>{t("transfer.key.needed")}</span>}
          <Button onClick={() => void navigate({ to: "/import/$object", params: { object: object.name }, search: {} })}>
            {t("transfer.back")}
          </Button>
          <Button type="primary" disabled={!ready} onClick={next}>
            {t("transfer.next.check")}
          </Button>
        </>
      }
    >
      <FileBar object={object} upload={upload} />
      <div className={styles.scroll}>
        <table className={cx(styles.table, styles.mapping)}>
          <thead>
            <tr>
              <th>{t("transfer.col.column")}</th>
              <th className={styles.hidePhone}>{t("transfer.col.row", { n: 1 })}</th>
              <th className={styles.hideMid}>{t("transfer.col.row", { n: 2 })}</th>
              <td className={styles.arrow} />
              <th>{t("transfer.col.target")}</th>
              <th>{t("transfer.col.how")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((column) => (
              <ColumnRow
                key={column.index}
                object={object}
                upload={upload}
                column={column}
                how={howOf(choices.mapping, column.name)}
                targets={targets}
                taken={goes.filter((one) => one !== column).map((one) => howOf(choices.mapping, one.name)?.field ?? "")}
                onChange={(how) => set(column, how)}
              />
            ))}
          </tbody>
        </table>
        {shown.length < upload.columns.length && (
          <button type="button" className={styles.moreRows} onClick={() => setAll(true)}>
            <ChevronDown />
            {t("transfer.columns.more", { n: upload.columns.length - shown.length })}
          </button>
        )}
        <Preview upload={upload} columns={goes} targets={targets} mapping={choices.mapping} />
      </div>
    </Frame>
  );
}

const ENCODINGS = ["utf-8", "gb18030", "utf-16", "big5hkscs", "cp1252", "cp932", "euc_kr"];
const DELIMITERS = [",", ";", "\t", "|"];

function FileBar({ object, upload }: { object: ObjectDef; upload: Upload }) {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const size = fileSize(upload.size);
  const read = async (options: Record<string, string | number>) => {
    setBusy(true);
    try {
      const again = await api.get<Upload>(`/uploads/${upload.id}`, { object: object.name, ...options });
      client.setQueryData(importKeys.upload(upload.id, object.name), again);
    } catch (reason) {
      toast({
        text: reason instanceof ApiError ? (reason.errors[0]?.message ?? reason.message) : t("shell.error.text"),
        tone: "danger",
      });
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
    </div>
  );
}

function Chip({
  label,
  value,
  extra,
  items,
  chosen,
  onPick,
}: {
  label: string;
  value: string;
  extra?: string;
  items: { key: string; label: string }[];
  chosen: string;
  onPick: (key: string) => void;
}) {
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items,
        selectable: true,
        selectedKeys: [chosen],
        style: { maxHeight: 320, overflow: "auto" },
        onClick: ({ key }) => key !== chosen && onPick(key),
      }}
    >
      <button type="button" className={cx(styles.chip, extra && styles.chipOn)}>
        <span>{label}</span>
        <b>{value}</b>
        {extra && <span className={styles.hideMid}>{extra}</span>}
        <ChevronDown aria-hidden />
      </button>
    </Dropdown>
  );
}

interface RowProps {
  object: ObjectDef;
  upload: Upload;
  column: Column;
  how: How | null;
  targets: Map<string, Target>;
  taken: string[];
  onChange: (how: How | null) => void;
}

function ColumnRow({ object, upload, column, how, targets, taken, onChange }: RowProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const me = useMe();
  const toast = useToast();
  const client = useQueryClient();
  const { language } = useLanguage();
  const { apply } = useCatalogChanges();
  const target = how ? targets.get(how.field) : undefined;
  const sample = (at: number): ReactNode => {
    const value = upload.preview[at]?.[column.index];
    return value ? value : <span className={styles.soft}>{t("transfer.empty")}</span>;
  };
  const choose = async (field: string | undefined) => {
    if (field === NEW) {
      const name = freeName(
        nameFrom(column.name) || `column_${column.index + 1}`,
        object.fields.map((one) => one.name),
      );
      try {
        await apply(
          [{ op: "add_field", object: object.name, name, type: fieldType(column), label: { [language]: column.name } }],
          t("transfer.field.made", { name: column.name }),
          [{ op: "retire_field", object: object.name, field: name }],
        );
        const again = await api.get<Upload>(`/uploads/${upload.id}`, { object: object.name });
        client.setQueryData(importKeys.upload(upload.id, object.name), { ...again, mapping: upload.mapping });
        onChange({ field: name });
      } catch (reason) {
        toast({ text: (reason as Error).message, tone: "danger" });
      }
      return;
    }
    onChange(field ? { field } : null);
  };
  const used = new Set(taken);
  const options = [
    ...upload.targets.map((one) => ({
      value: one.field,
      text: `${label(one.label)} ${one.field}`,
      disabled: used.has(one.field),
      label: (
        <span className={styles.option}>
          <TypeIcon type={one.type} />
          <span className="ellipsis">{label(one.label, one.field)}</span>
          {one.required && <span className={styles.must}>*</span>}
        </span>
      ),
    })),
    ...(me.can.includes("catalog")
      ? [
          {
            value: NEW,
            text: "+",
            disabled: false,
            label: <span className={styles.new}>{t("transfer.field.new")}</span>,
          },
        ]
      : []),
  ];
  return (
    <tr>
      <th scope="row" className={styles.column}>
        <span className="ellipsis" title={column.name}>
          {column.name}
        </span>
      </th>
      <td className={cx(styles.sample, styles.hidePhone)}>{sample(0)}</td>
      <td className={cx(styles.sample, styles.hideMid)}>{sample(1)}</td>
      <td className={styles.arrow}>
        <ArrowRight aria-hidden />
      </td>
      <td className={styles.target}>
        <Select
          className={cx(!how && styles.nowhere)}
          style={{ width: "100%" }}
          aria-label={t("transfer.target.of", { column: column.name })}
          allowClear
          showSearch={{ optionFilterProp: "text" }}
          popupMatchSelectWidth={false}
          placeholder={
            <span className={styles.option}>
              <Minus aria-hidden />
              {t("transfer.target.none")}
            </span>
          }
          value={how?.field}
          options={options}
          onChange={(field: string | undefined) => void choose(field)}
        />
      </td>
      <td className={styles.how}>
        {how && target && (isLink(target) || target.options) ? (
          <>
            <HowToFind target={target} how={how} onChange={onChange} />
            <Meanings object={object} how={how} onChange={onChange} />
          </>
        ) : how && column.suggestion?.field === how.field ? (
          column.suggestion.confidence >= 0.9 ? (
            <span className={styles.good}>
              <Check aria-hidden />
              {t("transfer.sure")}
            </span>
          ) : (
            <span className={styles.maybe}>
              <Sparkles aria-hidden />
              {t("transfer.maybe", { p: f.percent(Math.round(column.suggestion.confidence * 100)) })}
            </span>
          )
        ) : how ? null : (
          <span className={styles.soft}>
            {column.empty >= 0.5
              ? t("transfer.mostlyEmpty", { p: f.percent(Math.round(column.empty * 100)) })
              : t("transfer.left")}
          </span>
        )}
      </td>
    </tr>
  );
}

const FINDABLE = new Set(["text", "email", "phone", "url", "integer", "autonumber", "person", "id"]);

/** How what a cell says is found, and what happens where it is not. */
export function HowToFind({ target, how, onChange }: { target: Target; how: How; onChange: (how: How) => void }) {
  const t = useT();
  const label = useLabel();
  const me = useMe();
  const catalog = useCatalog();
  if (!isLink(target))
    return (
      <Small
        label={t("transfer.unknown.label")}
        value={how.unknown ?? "fail"}
        onChange={(unknown) => onChange({ ...how, unknown: unknown as How["unknown"] })}
        options={(["add", "empty", "fail"] as const)
          .filter((one) => one !== "add" || (addable(target) && me.can.includes("catalog")))
          .map((one) => ({ value: one, label: t(`transfer.unknown.${one}`) }))}
      />
    );
  const linked = catalog.object(target.target);
  const by = (linked?.fields ?? []).filter(
    (field) => FINDABLE.has(field.type) && !field.of && field.operators.includes("eq") && field.name !== "version",
  );
  return (
    <span className={styles.pair}>
      <Small
        label={t("transfer.match.label")}
        value={how.match ?? ""}
        onChange={(match) => {
          const { match: _old, ...rest } = how;
          onChange(match ? { ...rest, match } : rest);
        }}
        options={[
          { value: "", label: t("transfer.match.auto") },
          ...by.map((field) => ({
            value: field.name,
            label: t("transfer.match.by", {
              field: field.name === "id" ? t("transfer.match.id") : label(field.label, field.name),
            }),
          })),
        ]}
      />
      <Small
        label={t("transfer.missing.label")}
        value={how.missing ?? "fail"}
        onChange={(missing) => onChange({ ...how, missing: missing as How["missing"] })}
        options={(["empty", "create", "fail"] as const)
          .filter((one) => one !== "create" || (linked?.can.create && target.type !== "user"))
          .map((one) => ({ value: one, label: t(`transfer.missing.${one}`) }))}
      />
    </span>
  );
}

/** Texts of the file that were taken for something else. */
function Meanings({ object, how, onChange }: { object: ObjectDef; how: How; onChange: (how: How) => void }) {
  const t = useT();
  const label = useLabel();
  const options = object.fields.find((field) => field.name === how.field)?.options ?? [];
  return Object.entries(how.values ?? {}).map(([text, value]) => (
    <span key={text} className={styles.meaning}>
      {text} → {label(options.find((option) => option.name === value)?.label, value)}
      <IconButton
        small
        icon={<X />}
        label={t("transfer.values.forget", { text })}
        onClick={() => onChange(meaning(how, text, null))}
      />
    </span>
  ));
}

function Small({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
}) {
  return (
    <Select
      size="small"
      variant="borderless"
      className={styles.small}
      aria-label={label}
      value={value}
      options={options}
      onChange={onChange}
      popupMatchSelectWidth={false}
    />
  );
}

function Preview({
  upload,
  columns,
  targets,
  mapping,
}: {
  upload: Upload;
  columns: Column[];
  targets: Map<string, Target>;
  mapping: StepProps["choices"]["mapping"];
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const rows = upload.preview.slice(0, 5);
  if (columns.length === 0 || rows.length === 0) return null;
  return (
    <section className={styles.preview}>
      <div className={styles.previewHead}>
        <h2>{t("transfer.preview")}</h2>
        <span className="spring" />
        <span className={styles.soft}>{t("transfer.preview.of", { n: rows.length, all: f.number(upload.rows) })}</span>
      </div>
      <div className={styles.previewScroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              {columns.map((column) => {
                const field = howOf(mapping, column.name)?.field ?? "";
                return <th key={column.index}>{label(targets.get(field)?.label, field)}</th>;
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a file
              <tr key={at}>
                {columns.map((column) => (
                  <td key={column.index} className={styles.sample}>
                    {row[column.index] || <span className="dash">—</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const DATES = new Set(["date", "datetime"]);

function HowToWrite({ object, upload, choices, onChange }: StepProps) {
  const t = useT();
  const label = useLabel();
  const { many: plural } = useNouns(object);
  const keys = keysOf(upload, choices);
  const goes = upload.columns.filter((column) => howOf(choices.mapping, column.name)).length;
  const dates = upload.columns.some((column) => {
    const path = howOf(choices.mapping, column.name)?.field;
    return DATES.has(upload.targets.find((target) => target.field === path)?.type ?? "");
  });
  const choose = (mode: Mode) =>
    onChange({ mode, key: mode === "create" ? null : (choices.key ?? keys[0]?.field ?? null) });
  return (
    <div className={styles.asideBody}>
      <h2>{t("transfer.mapped", { n: goes, all: upload.columns.length })}</h2>
      {upload.warnings.length > 0 && (
        <ul className={styles.warnings}>
          {upload.warnings.map((warning) => (
            <li key={warning}>
              <AlertTriangle aria-hidden />
              {warning}
            </li>
          ))}
        </ul>
      )}
      <section>
        <h3>{t("transfer.mode")}</h3>
        <Radio.Group
          className={styles.modes}
          aria-label={t("transfer.mode")}
          value={choices.mode}
          onChange={(event) => choose(event.target.value as Mode)}
        >
          {MODES.filter((mode) => mode === "create" || object.can.update).map((mode) => (
            <Radio key={mode} value={mode}>
              {t(`transfer.mode.${mode}`, { objects: plural })}
              <small>{t(`transfer.mode.${mode}.help`)}</small>
            </Radio>
          ))}
        </Radio.Group>
      </section>
      <section>
        <h3>{t(choices.mode === "create" ? "transfer.key.create" : "transfer.key")}</h3>
        <Select
          style={{ width: "100%" }}
          aria-label={t("transfer.key")}
          allowClear={choices.mode === "create"}
          value={choices.key ?? undefined}
          placeholder={choices.mode === "create" ? t("transfer.key.none") : t("transfer.key.choose")}
          status={choices.mode !== "create" && !choices.key ? "warning" : undefined}
          options={keys.map((key) => ({
            value: key.field,
            label: (
              <span className={styles.option}>
                <TypeIcon type={key.type} />
                {label(key.label, key.field)}
                {key.unique && <span className={styles.soft}>{t("admin.field.isUnique")}</span>}
              </span>
            ),
          }))}
          onChange={(key: string | undefined) => onChange({ key: key ?? null })}
        />
        <p className={styles.help}>
          {t(choices.mode === "create" ? "transfer.key.create.help" : "transfer.key.help", { objects: plural })}
        </p>
      </section>
      {dates && (
        <section>
          <h3>{t("transfer.dates")}</h3>
          <Select
            style={{ width: "100%" }}
            aria-label={t("transfer.dates")}
            allowClear
            placeholder={t("transfer.dates.auto")}
            value={choices.date_order || undefined}
            options={DATE_ORDERS.map((order) => ({ value: order, label: t(`transfer.dates.${order}`) }))}
            onChange={(order: string | undefined) => onChange({ date_order: order ?? "" })}
          />
          <p className={styles.help}>{t("transfer.dates.help")}</p>
        </section>
      )}
    </div>
  );
}
