/** Tags in order: which there are and how often, one for several, and whether everybody may bring new ones. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog, useRefreshCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useFormat, useLabel, useT } from "../i18n";
import type { Field, ObjectDef } from "../schema/catalog";
import { Badge, Button, Empty, IconButton, Nothing, TextInput, useToast } from "../ui";
import { Checkbox, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { useCatalogChanges } from "./changes";
import { Banner, faultsOf, Line, Panel, Section } from "./Section";
import { Answered, DataTable, Find, Toggle } from "./Table";

interface Word {
  tag: string;
  count: number;
}

interface Place {
  object: ObjectDef;
  field: Field;
}

const wordsOf = (field: Field): string[] | null => (field.config.words as string[] | undefined) ?? null;

export default function Tags({ name }: { name: string | undefined }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const places: Place[] = catalog.objects.flatMap((object) =>
    object.fields.filter((field) => field.type === "tags").map((field) => ({ object, field })),
  );
  const [at, setAt] = useState(name ?? "account.tags");
  const [find, setFind] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [merging, setMerging] = useState<string[] | null>(null);
  const place = places.find(({ object, field }) => `${object.name}.${field.name}` === at) ?? places[0];
  const found = useQuery({
    queryKey: [...keys.records(place?.object.name ?? ""), "tags", place?.field.name],
    queryFn: ({ signal }) => api.get<{ data: Word[] }>(`/tags/${place?.object.name}/${place?.field.name}`, {}, signal),
    enabled: place !== undefined,
  });
  if (!place) return <Empty title={t("admin.tags.none")} />;
  const { object, field } = place;
  const every = found.data?.data ?? [];
  const rows = every.filter(({ tag }) => tag.toLowerCase().includes(find.toLowerCase()));
  const only = wordsOf(field);
  const close = (on: boolean) =>
    void apply(
      [change(place, on ? every.map(({ tag }) => tag) : null)],
      t(on ? "admin.tags.closed" : "admin.tags.opened"),
      [change(place, only)],
    );
  return (
    <Section
      title={t("admin.tags")}
      count={found.data && f.number(every.length)}
      lead={t("admin.tags.lead")}
      bar={
        <div className={styles.bar}>
          <Select
            aria-label={t("admin.tags.field")}
            value={`${object.name}.${field.name}`}
            popupMatchSelectWidth={false}
            options={places.map((one) => ({
              value: `${one.object.name}.${one.field.name}`,
              label: `${label(one.object.label)} · ${label(one.field.label)}`,
            }))}
            onChange={(next) => {
              setAt(next);
              setChosen([]);
              setMerging(null);
            }}
          />
          <Find label={t("admin.tags.find")} value={find} onChange={setFind} />
          <Toggle label={t("admin.tags.only")} checked={only !== null} disabled={every.length === 0} onChange={close} />
          <span className="spring" />
          {chosen.length > 0 && (
            <Button type="primary" onClick={() => setMerging(chosen)}>
              {t("admin.tags.merge.n", { n: chosen.length })}
            </Button>
          )}
        </div>
      }
      panel={
        merging && (
          <MergePanel
            key={merging.join("\n")}
            place={place}
            words={merging}
            every={every}
            onClose={() => setMerging(null)}
            onDone={() => {
              setMerging(null);
              setChosen([]);
            }}
          />
        )
      }
    >
      <Answered of={found} empty={every.length === 0 && <Nothing of="admin.tags.none" />}>
        <DataTable
          rows={rows}
          name={(row) => row.tag}
          chosen={(row) => chosen.includes(row.tag)}
          columns={[
            {
              head: <span className="sr">{t("admin.tags.choose")}</span>,
              tight: true,
              cell: (row) => (
                <Checkbox
                  aria-label={row.tag}
                  checked={chosen.includes(row.tag)}
                  onChange={(event) =>
                    setChosen(event.target.checked ? [...chosen, row.tag] : chosen.filter((one) => one !== row.tag))
                  }
                />
              ),
            },
            { head: t("admin.tags.word"), cell: (row) => <Badge>{row.tag}</Badge> },
            {
              head: t("admin.tags.count"),
              right: true,
              cell: (row) => (
                <Link
                  to="/o/$object"
                  params={{ object: object.name }}
                  search={{ view: "all", filter: { field: field.name, op: "contains", value: row.tag } }}
                  className={styles.linkButton}
                  aria-label={`${row.tag} · ${f.number(row.count)}`}
                >
                  {f.number(row.count)}
                </Link>
              ),
            },
            {
              head: t("admin.tags.rename"),
              acts: true,
              cell: (row) => (
                <IconButton
                  small
                  icon={<Pencil />}
                  label={t("admin.tags.rename.one", { tag: row.tag })}
                  onClick={() => setMerging([row.tag])}
                />
              ),
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

/** The words that alone are taken; null lets everybody bring new ones. */
const change = ({ object, field }: Place, words: string[] | null) => ({
  op: "change_field",
  object: object.name,
  field: field.name,
  config: { words: words?.length ? words : null },
});

interface MergeProps {
  place: Place;
  words: string[];
  every: Word[];
  onClose: () => void;
  onDone: () => void;
}

function MergePanel({ place, words, every, onClose, onDone }: MergeProps) {
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const undo = useUndo();
  const refresh = useRefreshCatalog();
  const [to, setTo] = useState(words.length === 1 ? (words[0] ?? "") : "");
  const [faults, setFaults] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const { object, field } = place;
  const reached = every.filter(({ tag }) => words.includes(tag)).reduce((sum, { count }) => sum + count, 0);
  const go = async (next: string | null) => {
    setBusy(true);
    setFaults([]);
    try {
      const answer = await api.post<{ changed: number; change_set: string | null }>(
        `/tags/${object.name}/${field.name}`,
        { words, to: next, new: true },
      );
      if (wordsOf(field)) await refresh();
      await client.invalidateQueries({ queryKey: keys.records(object.name) });
      const { changed, change_set: set } = answer.data;
      toast({ text: t("admin.tags.done", { n: changed }), undo: set ? () => undo(set) : undefined });
      onDone();
    } catch (reason) {
      const told = faultsOf(reason, [], t("shell.offline"));
      setFaults(told.others);
    } finally {
      setBusy(false);
    }
  };
  const given = to.trim();
  return (
    <Panel
      title={t(words.length === 1 ? "admin.tags.rename" : "admin.tags.merge")}
      onClose={onClose}
      foot={
        <>
          <Button danger loading={busy} onClick={() => void go(null)}>
            {t("admin.tags.remove")}
          </Button>
          <span className="spring" />
          <Button
            type="primary"
            loading={busy}
            disabled={!given || (words.length === 1 && given === words[0])}
            onClick={() => void go(given)}
          >
            {t("admin.tags.go", { n: reached })}
          </Button>
        </>
      }
    >
      <Banner messages={faults} />
      <p className={styles.tagList}>
        {words.map((word) => (
          <Badge key={word}>{word}</Badge>
        ))}
      </p>
      <Line label={t("admin.tags.to")} help={t("admin.tags.to.help")}>
        {(id) => (
          <TextInput id={id} value={to} maxLength={100} onChange={(event) => setTo(event.target.value)} autoFocus />
        )}
      </Line>
    </Panel>
  );
}
