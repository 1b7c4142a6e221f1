/** Industry packs and other workspaces' shapes: what each would change, and putting it in. */
import { useQuery } from "@tanstack/react-query";
import { Check, Download, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { Badge, Button, Icon, Switch, useToast } from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, useCatalogChanges } from "./changes";
import { PlanPreview, useLooked } from "./Plan";
import { Panel, Section } from "./Section";
import { useSentences } from "./sentences";
import { Answered } from "./Table";

interface Pack {
  name: string;
  label: Label;
  description: Label;
  icon: string;
  changes: CatalogChange[];
}

interface Comparison {
  changes: CatalogChange[];
  kept: { object: string; field: string; mine: string; theirs: string }[];
}

/** A pack to look at: one that comes with the program, by name, or a file. */
interface Chosen {
  title: string;
  ask: { name: string } | { pack: unknown };
}

export default function Packs() {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const catalog = useCatalog();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const found = useQuery({
    queryKey: ["packs"],
    queryFn: ({ signal }) => api.get<{ data: Pack[] }>("/packs", undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      const pack: unknown = JSON.parse(await file.text());
      if (typeof pack !== "object" || Array.isArray(pack) || !pack) throw new TypeError("no pack");
      setChosen({ title: file.name, ask: { pack } });
    } catch {
      toast({ text: t("admin.packs.unread"), tone: "danger" });
    }
  };
  const inUse = (pack: Pack) =>
    pack.changes.every((change) =>
      change.op === "add_object"
        ? catalog.object(String(change.name))
        : change.op !== "add_field" ||
          catalog.object(String(change.object))?.fields.some((field) => field.name === change.name),
    );
  return (
    <Section
      title={t("admin.packs")}
      lead={t("admin.packs.lead")}
      padded
      actions={
        <>
          <Button icon={<Upload />} onClick={() => picker.current?.click()}>
            {t("admin.packs.file")}
          </Button>
          <a className={styles.linkButton} href="/api/v1/packs/export" download>
            <Download aria-hidden />
            {t("admin.packs.export")}
          </a>
          <input
            ref={picker}
            type="file"
            hidden
            accept=".json,application/json"
            aria-label={t("admin.packs.file")}
            onChange={(event) => {
              void read(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </>
      }
      panel={chosen && <Comparing key={chosen.title} chosen={chosen} onClose={() => setChosen(null)} />}
    >
      <Answered of={found} shape="cards">
        <ul className={styles.packs}>
          {found.data?.data.map((pack) => (
            <li key={pack.name}>
              <span className={styles.packIcon}>
                <Icon name={pack.icon} size={18} />
              </span>
              <div>
                <h2>
                  {label(pack.label, pack.name)}
                  {inUse(pack) && (
                    <Badge tone="ok" icon={<Check />}>
                      {t("admin.packs.in")}
                    </Badge>
                  )}
                </h2>
                <p>{label(pack.description)}</p>
              </div>
              <Button
                aria-label={`${t("admin.packs.look")}: ${label(pack.label, pack.name)}`}
                onClick={() => setChosen({ title: label(pack.label, pack.name), ask: { name: pack.name } })}
              >
                {t("admin.packs.look")}
              </Button>
            </li>
          ))}
        </ul>
      </Answered>
    </Section>
  );
}

function Comparing({ chosen, onClose }: { chosen: Chosen; onClose: () => void }) {
  const t = useT();
  const { apply } = useCatalogChanges();
  const toast = useToast();
  const [same, setSame] = useState(false);
  const [busy, setBusy] = useState(false);
  const label = useLabel();
  const catalog = useCatalog();
  const { version } = catalog;
  const type = (name: string) => label(catalog.types.find((one) => one.name === name)?.label, name);
  const place = (object: string, field: string) => {
    const found = catalog.object(object);
    return `${label(found?.label, object)} › ${label(found?.fields.find((one) => one.name === field)?.label, field)}`;
  };
  const sentences = useSentences();
  const found = useQuery({
    queryKey: ["packs", "compare", chosen.title, JSON.stringify(chosen.ask), same, version],
    queryFn: () =>
      api
        .post<Comparison>("/packs/compare", { ...chosen.ask, mode: same ? "same" : "add" })
        .then((answer) => answer.data),
    retry: false,
  });
  const { changes = [], kept = [] } = found.data ?? {};
  const looked = useLooked(changes.length > 0 ? changes : null);
  const carry = async () => {
    setBusy(true);
    try {
      await apply(changes);
      toast({ text: t("admin.packs.done", { name: chosen.title }) });
      onClose();
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      title={chosen.title}
      onClose={onClose}
      foot={
        <Button type="primary" loading={busy} disabled={!looked} onClick={() => void carry()}>
          {t("admin.packs.apply", { n: changes.length })}
        </Button>
      }
    >
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is its control */}
      <label className={styles.packSame}>
        <Switch size="small" checked={same} onChange={setSame} />
        <span>{t("admin.packs.same")}</span>
      </label>
      <Answered of={found}>
        {changes.length === 0 ? (
          <p className={styles.help}>{t("admin.packs.nothing")}</p>
        ) : (
          <>
            <h3>{t("admin.packs.changes")}</h3>
            <ul className={styles.list}>
              {sentences(changes).map((sentence) => (
                <li key={sentence} className={styles.ok}>
                  <Check aria-hidden />
                  <span>{sentence}</span>
                </li>
              ))}
            </ul>
          </>
        )}
        {kept.length > 0 && (
          <>
            <h3>{t("admin.packs.kept")}</h3>
            <ul className={styles.list}>
              {kept.map(({ object, field, mine, theirs }) => (
                <li key={`${object}.${field}`} className={styles.warn}>
                  <span>
                    {t("admin.packs.kept.line", {
                      field: place(object, field),
                      mine: type(mine),
                      theirs: type(theirs),
                    })}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
        {changes.length > 0 && <PlanPreview changes={changes} />}
      </Answered>
    </Panel>
  );
}
