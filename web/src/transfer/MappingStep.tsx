/** The second step: how the file is read, and which column goes where. */
import { useNavigate } from "@tanstack/react-router";
import { Radio } from "antd";
import { AlertTriangle, ChevronDown } from "lucide-react";
import { useMemo, useState } from "react";
import { TypeIcon } from "../admin/types";
import { isEmpty } from "../fields";
import { type Key, useFormat, useLabel, useNouns, useT } from "../i18n";
import { Button, cx } from "../ui";
import { ColumnRow } from "./Columns";
import { Constants } from "./Constants";
import { FileBar } from "./FileBar";
import { Frame } from "./Frame";
import { MarkedSelect } from "./MarkedSelect";
import {
  type Column,
  type How,
  howOf,
  keysOf,
  MODES,
  type Mode,
  mapped,
  type Target,
  targetAt,
  type Upload,
  unfilled,
} from "./model";
import { AsBefore, ReadAgain, Recognised } from "./Recognised";
import styles from "./transfer.module.css";
import { Wider } from "./Wider";
import type { StepProps } from "./Wizard";

const SHOWN = 10;
const DATES = new Set(["date", "datetime"]);

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
  const dates = goes.some((column) => {
    const path = howOf(choices.mapping, column.name)?.field;
    return DATES.has(upload.targets.find((target) => target.field === path)?.type ?? "");
  });
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
          {missing.length > 0 && (
            <span className={styles.warn}>
              {t("transfer.missing", { fields: missing.map((one) => label(one.label)).join(t("record.comma")) })}{" "}
              <button
                type="button"
                className={styles.link}
                onClick={() =>
                  onChange((before) => ({
                    fixed: { ...Object.fromEntries(missing.map((one) => [one.field, null])), ...before.fixed },
                  }))
                }
              >
                {t("transfer.fixed.set")}
              </button>
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
      <FileBar object={object} upload={upload} choices={choices} onChange={onChange} dates={dates} />
      <Recognised object={object} upload={upload} choices={choices} onChange={onChange} />
      <AsBefore object={object} upload={upload} choices={choices} onChange={onChange} />
      <Wider object={object} upload={upload} />
      <div className={styles.scroll}>
        <table className={cx(styles.table, styles.mapping)} aria-label={t("transfer.step.map")}>
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
                taken={
                  new Map(
                    goes
                      .filter((one) => one !== column)
                      .reverse()
                      .map((one) => [howOf(choices.mapping, one.name)?.field ?? "", one.name]),
                  )
                }
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
        <ReadAgain object={object} upload={upload} choices={choices} onChange={onChange} />
        <Constants object={object} upload={upload} choices={choices} onChange={onChange} />
        <Preview upload={upload} columns={goes} targets={targets} mapping={choices.mapping} />
      </div>
    </Frame>
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
  // Columns that go into one field are shown as one.
  const fields = new Map<string, Column[]>();
  const last = (column: Column) => Number(howOf(mapping, column.name)?.instead ?? false);
  for (const column of [...columns].sort((a, b) => last(a) - last(b))) {
    const field = howOf(mapping, column.name)?.field ?? "";
    fields.set(field, [...(fields.get(field) ?? []), column]);
  }
  const cell = (row: string[], some: Column[]) =>
    some.reduce((text, column) => {
      const more = row[column.index] ?? "";
      const how = howOf(mapping, column.name);
      return text && more && !how?.instead ? text + (how?.join ?? "") + more : text || more;
    }, "");
  if (columns.length === 0 || rows.length === 0) return null;
  return (
    <section className={styles.preview}>
      <div className={styles.previewHead}>
        <h2>{t("transfer.preview")}</h2>
        <span className="spring" />
        <span className={styles.soft}>{t("transfer.preview.of", { n: rows.length, all: f.number(upload.rows) })}</span>
      </div>
      <div
        className={cx("sideways", styles.previewScroll)}
        role="region"
        aria-label={t("transfer.preview")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
        tabIndex={0}
      >
        <table className={styles.table} aria-label={t("transfer.preview")}>
          <thead>
            <tr>
              {[...fields.keys()].map((field) => (
                <th key={field}>{label(targetAt(targets, field)?.label, field)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a file
              <tr key={at}>
                {[...fields].map(([field, some]) => (
                  <td key={field} className={styles.sample}>
                    {cell(row, some) || <span className="dash">—</span>}
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

/** What the server noticed in a file, in words. */
const WARNINGS: Record<string, Key> = {
  merged_cells: "transfer.warning.merged_cells",
  no_values: "transfer.warning.no_values",
  undecodable: "transfer.warning.undecodable",
};

function HowToWrite({ object, upload, choices, onChange }: StepProps) {
  const t = useT();
  const label = useLabel();
  const { many: plural } = useNouns(object);
  const keys = keysOf(upload, choices);
  const goes = upload.columns.filter((column) => howOf(choices.mapping, column.name)).length;
  const choose = (mode: Mode) =>
    onChange({ mode, key: mode === "create" ? upload.key : (choices.key ?? keys[0]?.field ?? null) });
  return (
    <div className={styles.asideBody}>
      <h2>{t("transfer.mapped", { n: goes, all: upload.columns.length })}</h2>
      {upload.warnings.length > 0 && (
        <ul className={styles.warnings}>
          {upload.warnings.map((warning) => (
            <li key={warning}>
              <AlertTriangle aria-hidden />
              {WARNINGS[warning] ? t(WARNINGS[warning]) : warning}
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
        <MarkedSelect
          className={styles.wide}
          aria-label={t("transfer.key")}
          allowClear={choices.mode === "create"}
          value={choices.key ?? undefined}
          placeholder={choices.mode === "create" ? t("transfer.key.none") : t("transfer.key.choose")}
          status={choices.mode !== "create" && !choices.key ? "warning" : undefined}
          options={keys.map((key) => ({
            value: key.field,
            label: label(key.label, key.field),
            mark: <TypeIcon type={key.type} />,
            more: key.unique && <span className={styles.soft}>{t("admin.field.isUnique")}</span>,
          }))}
          onChange={(key: string | undefined) => onChange({ key: key ?? null })}
        />
        <p className={styles.help}>
          {t(choices.mode === "create" ? "transfer.key.create.help" : "transfer.key.help", { objects: plural })}
        </p>
      </section>
      {choices.mode !== "create" && (
        <section>
          <h3>{t("transfer.existing")}</h3>
          <Radio.Group
            className={styles.modes}
            aria-label={t("transfer.existing")}
            value={choices.existing}
            onChange={(event) => onChange({ existing: event.target.value as "overwrite" | "fill" })}
          >
            {(["overwrite", "fill"] as const).map((existing) => (
              <Radio key={existing} value={existing}>
                {t(`transfer.existing.${existing}`)}
              </Radio>
            ))}
          </Radio.Group>
        </section>
      )}
    </div>
  );
}
