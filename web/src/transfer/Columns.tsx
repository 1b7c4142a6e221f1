/** One column of the file: where it goes, and how its values are understood. */
import { useQueryClient } from "@tanstack/react-query";
import { ArrowRight, Check, History as HistoryIcon, Minus, Plus, Sparkles, X } from "lucide-react";
import type { ReactNode } from "react";
import { freeName, nameFrom, useCatalogChanges } from "../admin/changes";
import { TypeIcon } from "../admin/types";
import { api } from "../api/client";
import { useCatalog, useMe } from "../api/queries";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { cx, IconButton, useToast } from "../ui";
import { Select } from "../ui/antd";
import { MarkedSelect } from "./MarkedSelect";
import {
  addable,
  type Column,
  fieldType,
  type How,
  howOf,
  isLink,
  joinable,
  meaning,
  missingOf,
  strict,
  type Target,
  targetAt,
  type Upload,
} from "./model";
import { importKeys } from "./state";
import styles from "./transfer.module.css";

const NEW = "+new";

interface RowProps {
  object: ObjectDef;
  upload: Upload;
  column: Column;
  how: How | null;
  targets: Map<string, Target>;
  /** By field: the column that goes into it already. */
  taken: Map<string, string>;
  onChange: (how: How | null) => void;
}

export function ColumnRow({ object, upload, column, how, targets, taken, onChange }: RowProps) {
  const t = useT();
  const label = useLabel();
  const me = useMe();
  const toast = useToast();
  const client = useQueryClient();
  const { language } = useLanguage();
  const { apply } = useCatalogChanges();
  const target = how ? targetAt(targets, how.field) : undefined;
  const sample = (at: number): ReactNode => {
    const value = upload.preview[at]?.[column.index];
    return value ? value : <span className={styles.soft}>{t("transfer.empty")}</span>;
  };
  const choose = async (field: string | undefined) => {
    if (field === NEW) {
      const name = freeName(
        nameFrom(column.name) || `column_${column.index + 1}`,
        [...object.fields, ...(object.retired ?? [])].map((one) => one.name),
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
    const target = targets.get(field ?? "");
    const more = joinable(target) ? { join: " " } : { instead: true };
    onChange(field ? { field, ...(taken.has(field) ? more : {}) } : null);
  };
  const options = [
    ...upload.targets.map((one) => ({
      value: one.field,
      text: `${label(one.label)} ${one.field}`,
      disabled: taken.has(one.field) && isLink(one),
      label: label(one.label, one.field),
      mark: <TypeIcon type={one.type} />,
      more: (
        <>
          {one.required && <span className={styles.must}>*</span>}
          {taken.has(one.field) && (
            <span className={styles.after}>
              {t(joinable(one) ? "transfer.join.with" : "transfer.join.instead", {
                column: taken.get(one.field) ?? "",
              })}
            </span>
          )}
        </>
      ),
    })),
    ...(me.can.includes("catalog")
      ? [
          {
            value: NEW,
            text: "+",
            disabled: false,
            label: t("transfer.field.new"),
            mark: <Plus />,
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
        <small className={cx(styles.sample, styles.onlyPhone)}>{sample(0)}</small>
      </th>
      <td className={cx(styles.sample, styles.hidePhone)}>{sample(0)}</td>
      <td className={cx(styles.sample, styles.hideMid)}>{sample(1)}</td>
      <td className={styles.arrow}>
        <ArrowRight aria-hidden />
      </td>
      <td className={styles.target}>
        <MarkedSelect
          className={cx(styles.wide, !how && styles.nowhere)}
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
        <HowRead
          object={object}
          column={column}
          how={how}
          target={target}
          taken={taken}
          left={leftBefore(upload, column, targets, taken)}
          onChange={onChange}
        />
      </td>
    </tr>
  );
}

/** Where a column would go that an earlier import of such a file left out, and for which there is still room. */
function leftBefore(upload: Upload, column: Column, targets: Map<string, Target>, taken: Map<string, string>) {
  const how = upload.afresh && howOf(upload.mapping, column.name) === null ? howOf(upload.afresh, column.name) : null;
  const target = how ? targetAt(targets, how.field) : undefined;
  return how && target && !taken.has(how.field) ? { how, target } : undefined;
}

const INSTEAD = "instead";
const JOINS = [" ", "", ", ", " · ", "\n"] as const;

/** How sure the wizard is, and what can be decided about the column's values. */
function HowRead({
  object,
  column,
  how,
  target,
  taken,
  left,
  onChange,
}: Pick<RowProps, "object" | "column" | "how" | "taken" | "onChange"> & {
  target: Target | undefined;
  left: { how: How; target: Target } | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  if (!how && left)
    return (
      <span className={styles.hows}>
        <span className={styles.maybe}>
          <HistoryIcon aria-hidden />
          {t("transfer.left.before")}
        </span>
        <button type="button" className={styles.link} onClick={() => onChange(left.how)}>
          {t("transfer.left.take", { field: label(left.target.label, left.target.field) })}
        </button>
      </span>
    );
  if (!how || !target)
    return (
      <span className={styles.soft}>
        {column.empty >= 0.5
          ? t("transfer.mostlyEmpty", { p: f.percent(Math.round(column.empty * 100)) })
          : t("transfer.left")}
      </span>
    );
  const first = taken.get(how.field);
  if ((how.join !== undefined || how.instead) && first) {
    const { join, instead: _, ...rest } = how;
    return (
      <Small
        label={t("transfer.join.label")}
        value={join ?? INSTEAD}
        onChange={(way) => onChange(way === INSTEAD ? { ...rest, instead: true } : { ...rest, join: way })}
        options={[
          ...(joinable(target) ? JOINS : []).map((value, at) => ({
            value: value as string,
            label: t(`transfer.join.${at as 0 | 1 | 2 | 3 | 4}`, { column: first }),
          })),
          { value: INSTEAD, label: t("transfer.join.instead", { column: first }) },
        ]}
      />
    );
  }
  if (isLink(target) || target.options)
    return (
      <>
        <HowToFind target={target} how={how} onChange={onChange} />
        <Meanings object={object} how={how} onChange={onChange} />
      </>
    );
  const sure =
    column.suggestion?.field !== how.field ? null : column.suggestion.confidence >= 0.9 ? (
      <span className={styles.good}>
        <Check aria-hidden />
        {t("transfer.sure")}
      </span>
    ) : (
      <span className={styles.maybe}>
        <Sparkles aria-hidden />
        {t("transfer.maybe", { p: f.percent(Math.round(column.suggestion.confidence * 100)) })}
      </span>
    );
  return (
    <span className={styles.hows}>
      {sure}
      {target.via && how.known !== undefined && (
        <Small
          label={t("transfer.known.label")}
          value={how.known ? "yes" : "no"}
          onChange={(one) => onChange({ ...how, known: one === "yes" })}
          options={(["yes", "no"] as const).map((one) => ({ value: one, label: t(`transfer.known.${one}`) }))}
        />
      )}
      {strict(target) && (
        <Small
          label={`${t("transfer.bad.label")} · ${label(target.label, target.field)}`}
          value={how.unknown ?? "fail"}
          onChange={(unknown) => onChange({ ...how, unknown: unknown as How["unknown"] })}
          options={(["fail", "empty"] as const).map((one) => ({ value: one, label: t(`transfer.bad.${one}`) }))}
        />
      )}
    </span>
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
        label={`${t("transfer.unknown.label")} · ${label(target.label, target.field)}`}
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
        label={`${t("transfer.match.label")} · ${label(target.label, target.field)}`}
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
        label={`${t("transfer.missing.label")} · ${label(target.label, target.field)}`}
        value={missingOf(how)}
        onChange={(missing) => onChange({ ...how, missing: missing as How["missing"] })}
        options={(["empty", "create", "fail"] as const)
          .filter((one) => one !== "create" || (linked?.can.create && target.type !== "user"))
          .map((one) => ({ value: one, label: t(`transfer.missing.${one}`) }))}
      />
    </span>
  );
}

/** Meanings of texts that are shown one by one; more of them are folded. */
const FEW = 4;

/** Texts of the file that were taken for something else. */
function Meanings({ object, how, onChange }: { object: ObjectDef; how: How; onChange: (how: How) => void }) {
  const t = useT();
  const label = useLabel();
  const options = object.fields.find((field) => field.name === how.field)?.options ?? [];
  const meant = Object.entries(how.values ?? {});
  const listed = meant.map(([text, value]) => (
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
  if (meant.length <= FEW) return listed;
  return (
    <details className={styles.meanings}>
      <summary>{t("transfer.values.known", { n: meant.length })}</summary>
      {listed}
    </details>
  );
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
