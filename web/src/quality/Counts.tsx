/** What counts for the score of an object's records, and how much: for administrators. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { isTime } from "../records/list";
import type { ObjectDef } from "../schema/catalog";
import { Button, useRefusal } from "../ui";
import { Modal, Select } from "../ui/antd";
import styles from "./board.module.css";
import type { Counts } from "./model";

const PARTS = ["fields", "fresh", "unique"] as const;

export default function CountsDialog({
  object,
  counts,
  onClose,
}: {
  object: ObjectDef;
  counts: Counts;
  onClose: () => void;
}) {
  const t = useT();
  const label = useLabel();
  const refuse = useRefusal();
  const client = useQueryClient();
  const [weights, setWeights] = useState<Record<string, number>>({});
  const [parts, setParts] = useState(counts.parts);
  const [days, setDays] = useState(counts.days);
  const [since, setSince] = useState(counts.since ?? "");
  const [busy, setBusy] = useState(false);
  const known = Object.fromEntries(counts.fields.map((one) => [one.field, one.weight]));
  const fields = object.fields.filter(
    (one) =>
      one.name in known ||
      (!one.of && !one.system && !one.readonly && one.type !== "boolean" && one.operators.includes("is_empty")),
  );
  const number = (value: number, most: number, name: string, set: (next: number) => void) => (
    <input
      type="number"
      min={0}
      max={most}
      value={value}
      aria-label={name}
      onChange={(event) => set(Math.min(most, Math.max(0, Math.round(event.target.valueAsNumber || 0))))}
    />
  );
  const save = async (body: object) => {
    setBusy(true);
    try {
      await api.put(`/quality/${object.name}`, body);
      await client.invalidateQueries({ queryKey: [...keys.records(), "quality"] });
      onClose();
    } catch (reason) {
      refuse(reason);
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={620}
      title={t("quality.counts.of", { object: label(object.plural, object.name) })}
      onCancel={onClose}
      footer={
        <>
          <Button disabled={busy} onClick={() => void save({})}>
            {t("quality.counts.default")}
          </Button>{" "}
          <Button
            type="primary"
            loading={busy}
            onClick={() =>
              void save({ weights: { ...known, ...weights }, parts, days, since, source: counts.source ?? "" })
            }
          >
            {t("quality.counts.save")}
          </Button>
        </>
      }
    >
      <div className={styles.counts}>
        <section>
          <h3>{t("quality.counts.parts")}</h3>
          {PARTS.map((part) => (
            <div key={part} className={styles.line}>
              <span>{t(`quality.part.${part}`)}</span>
              {number(parts[part], 100, t(`quality.part.${part}`), (n) => setParts({ ...parts, [part]: n }))}
            </div>
          ))}
        </section>
        <section>
          <h3>{t("quality.counts.fresh")}</h3>
          <div className={styles.line}>
            <Select
              className={styles.pick}
              aria-label={t("quality.counts.since")}
              value={since}
              onChange={(next: string) => setSince(next)}
              options={object.fields
                .filter((one) => isTime(one))
                .map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
            />
            <span>
              {number(days, 3650, t("quality.counts.days"), setDays)} {t("quality.counts.days")}
            </span>
          </div>
        </section>
        <section>
          <h3>{t("quality.counts.weights")}</h3>
          <div className={styles.weights}>
            {fields.map((one) => (
              <div key={one.name} className={styles.line}>
                <span className="ellipsis">{label(one.label, one.name)}</span>
                {number(weights[one.name] ?? known[one.name] ?? 0, 10, label(one.label, one.name), (n) =>
                  setWeights({ ...weights, [one.name]: n }),
                )}
              </div>
            ))}
          </div>
        </section>
      </div>
    </Modal>
  );
}
