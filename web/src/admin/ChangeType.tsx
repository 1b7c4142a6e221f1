/** Another type for a field that has values: what each becomes is seen before, and nothing is lost. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { AlertTriangle, ArrowRight, Check } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useCatalog, useRefreshCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { Field, ObjectDef } from "../schema/catalog";
import { Button, useToast } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import type { CatalogChange } from "./changes";
import { KEY } from "./Pending";
import { useReasons } from "./Plan";
import { Panel } from "./Section";
import { TYPE_ORDER } from "./types";

interface Sample {
  before: string;
  after: string | null;
  count: number;
  reason?: string;
}

interface Turned {
  values: number;
  unchanged: number;
  changed: number;
  impossible: number;
  partly: boolean;
  samples: { changed: Sample[]; impossible: Sample[] };
}

interface Answer {
  turns?: Turned[];
  pending?: string;
}

const NEVER = new Set(["json", "formula", "rollup", "autonumber", "file", "password"]);
const LINKS = new Set(["link", "links"]);

/** Whether values of this field can become others. */
export const turnable = (field: Field): boolean =>
  field.custom && !field.system && field.of === null && !NEVER.has(field.type);

const send = (changes: CatalogChange[], dry: boolean) =>
  api.post<Answer>("/catalog/changes", { changes, dry_run: dry }).then((answer) => answer.data);

interface Props {
  object: ObjectDef;
  field: Field;
  onClose: () => void;
}

export function ChangeType({ object, field, onClose }: Props) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const refresh = useRefreshCatalog();
  const client = useQueryClient();
  const toast = useToast();
  const reasons = useReasons();
  const [type, setType] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const [failing, setFailing] = useState("empty");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = type !== null && (!LINKS.has(type) || target !== null);
  const change: CatalogChange = {
    op: "change_type",
    object: object.name,
    field: field.name,
    type,
    ...(type && LINKS.has(type) ? { target } : {}),
  };
  const { data, error } = useQuery({
    queryKey: ["catalog-plan", JSON.stringify(change)],
    queryFn: () => send([change], true),
    enabled: ready,
    retry: false,
    gcTime: 10_000,
  });
  const turned = data?.turns?.[0];
  const title = label(field.label, field.name);
  const save = async () => {
    setBusy(true);
    setFault("");
    try {
      const done = await send([turned?.impossible ? { ...change, on_failure: failing } : change], false);
      await refresh();
      await client.invalidateQueries({ queryKey: KEY });
      toast({ text: t(done.pending ? "admin.turn.pending" : "admin.turn.done", { name: title }) });
      onClose();
    } catch (reason) {
      setFault(reasons(reason as Error, [change]).join(" "));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      title={t("admin.turn.title", { name: title })}
      onClose={onClose}
      foot={
        <Button type="primary" disabled={!turned || busy} loading={busy} onClick={() => void save()}>
          {t("admin.turn")}
        </Button>
      }
    >
      <div className={styles.stacked}>
        <p className={styles.help}>{t("admin.turn.what")}</p>
        <Select
          aria-label={t("admin.turn.to")}
          placeholder={t("admin.turn.to")}
          value={type}
          onChange={(value: string) => setType(value)}
          options={catalog.types
            .filter((one) => one.custom && !NEVER.has(one.name) && one.name !== field.type)
            .sort((a, b) => TYPE_ORDER.indexOf(a.name) - TYPE_ORDER.indexOf(b.name))
            .map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
        />
        {type && LINKS.has(type) && (
          <Select
            aria-label={t("admin.field.target")}
            placeholder={t("admin.field.target")}
            value={target}
            onChange={(value: string) => setTarget(value)}
            options={catalog.objects.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
          />
        )}
        {(error || fault) && (
          <p role="alert" className={styles.warn}>
            {fault || (error && reasons(error, [change]).join(" "))}
          </p>
        )}
        {turned && (
          <div aria-live="polite" className={styles.stacked}>
            <h3>{t("admin.turn.becomes")}</h3>
            <ul className={styles.list}>
              <li className={styles.ok}>
                <Check aria-hidden />
                <span>{t("admin.turn.fine", { n: turned.unchanged + turned.changed })}</span>
              </li>
              {turned.impossible > 0 && (
                <li className={styles.warn}>
                  <AlertTriangle aria-hidden />
                  <span>{t("admin.turn.impossible", { n: turned.impossible })}</span>
                </li>
              )}
            </ul>
            <Samples rows={turned.samples.impossible} />
            {turned.impossible > 0 && (
              <Select
                aria-label={t("admin.turn.failing")}
                value={failing}
                onChange={(value: string) => setFailing(value)}
                options={["empty", "keep_old"].map((value) => ({
                  value,
                  label: t(`admin.turn.failing.${value as "empty"}`),
                }))}
              />
            )}
            <Samples rows={turned.samples.changed} />
          </div>
        )}
      </div>
    </Panel>
  );
}

function Samples({ rows }: { rows: Sample[] }) {
  return (
    <ul className={styles.list}>
      {rows.map((row) => (
        <li key={row.before}>
          <ArrowRight aria-hidden />
          <span>
            <span className={styles.soft}>{row.before}</span> → {row.after ?? row.reason}
          </span>
        </li>
      ))}
    </ul>
  );
}
