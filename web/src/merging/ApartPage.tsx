/** Taking apart what was merged: what it was, what the merge made of it, what it is now; and what came since, one by one. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type CSSProperties, useState } from "react";
import { Answered } from "../admin/Table";
import { ApiError, api } from "../api/client";
import { keys, touchRecords, useCatalog, useRecord } from "../api/queries";
import { useUndo } from "../api/writes";
import { useFormat, useLabel, useT } from "../i18n";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Badge, Button, Empty, ErrorState, Page, SkeletonRows, useRefusal, useToast } from "../ui";
import styles from "./merging.module.css";
import { type Merge, type Parting, SIDES, type Side } from "./model";
import { Option } from "./Option";

export default function ApartPage() {
  const t = useT();
  const { object: name, id } = useParams({ strict: false }) as { object: string; id: string };
  const object = useCatalog().object(name);
  const record = useRecord(name, id);
  const merges = useQuery({
    queryKey: [...keys.records(name), "merges", id],
    queryFn: async ({ signal }) =>
      (await api.get<{ data: Merge[] }>(`/records/${name}/${id}/merges`, undefined, signal)).data,
    retry: false,
  });
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  const error = (record.data ? null : record.error) ?? (merges.data ? null : merges.error);
  const retry = () => {
    void record.refetch();
    void merges.refetch();
  };
  const title = record.data ? titleOf(object, record.data) || t("merge.untitled") : "";
  return (
    <Page title={title ? t("merge.apart.title", { title }) : t("merge.apart")} padded>
      {error ? (
        <ErrorState error={error} retry={retry} />
      ) : !record.data || !merges.data ? (
        <SkeletonRows rows={8} />
      ) : merges.data.length === 0 ? (
        <Empty
          title={t("merge.apart.none")}
          action={
            <Link to="/o/$object/$id" params={{ object: name, id }}>
              {title}
            </Link>
          }
        />
      ) : (
        <Choose object={object} record={record.data} merges={merges.data} />
      )}
    </Page>
  );
}

function Choose({ object, record, merges }: { object: ObjectDef; record: RecordData; merges: Merge[] }) {
  const t = useT();
  const f = useFormat();
  const [id, setId] = useState(merges[0]?.id ?? "");
  const merge = merges.find((one) => one.id === id) ?? merges[0];
  const names = (one: Merge) => one.lost.map((lost) => lost.title ?? t("merge.untitled")).join(t("record.comma"));
  if (!merge) return null;
  return (
    <>
      {merges.length > 1 && (
        <label className={styles.which}>
          {t("merge.apart.which")}
          <select value={merge.id} onChange={(event) => setId(event.target.value)}>
            {merges.map((one) => (
              <option key={one.id} value={one.id}>
                {f.datetime(one.at)} · {names(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      <Apart key={merge.id} object={object} record={record} merge={merge} />
    </>
  );
}

function Apart({ object, record, merge }: { object: ObjectDef; record: RecordData; merge: Merge }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const every = merge.lost.map((one) => one.id);
  const [lost, setLost] = useState(every);
  const [sides, setSides] = useState<Record<string, Side>>({});
  const [goes, setGoes] = useState<Record<string, { object: string; field: string; id: string; to: string }>>({});
  const [busy, setBusy] = useState(false);
  const path = `/records/${object.name}/${record.id}/unmerge`;
  const found = useQuery({
    queryKey: [...keys.records(object.name), "apart", merge.id, lost],
    queryFn: ({ signal }) => api.get<Parting>(path, { merge: merge.id, lost: lost.join(",") }, signal),
    placeholderData: keepPreviousData,
    enabled: lost.length > 0,
    retry: false,
  });
  const title = (id: string) => merge.lost.find((one) => one.id === id)?.title ?? t("merge.untitled");

  const take = async () => {
    if (!found.data) return;
    setBusy(true);
    try {
      const { changeSet } = await api.make(path, {
        merge: merge.id,
        lost,
        fields: sides,
        children: Object.values(goes).filter((one) => lost.includes(one.to)),
        version: found.data.version,
      });
      toast({
        text: t("merge.apart.done", { n: lost.length, title: title(lost[0] ?? "") }),
        undo: changeSet ? () => undo(changeSet) : undefined,
      });
      // This page goes first: what it shows is there no more, and would be asked for again.
      await navigate({ to: "/o/$object/$id", params: { object: object.name, id: record.id } });
      void touchRecords(client);
    } catch (reason) {
      refuse(reason);
      void found.refetch();
    } finally {
      setBusy(false);
    }
  };

  if (!found.data) return <Answered of={found} />;
  const { fields, moved, since } = found.data;
  const known = fields.flatMap((one) => {
    const field = object.fields.find((other) => other.name === one.name);
    return field ? [{ field, one }] : [];
  });
  return (
    <div className={styles.sheet} style={{ "--columns": 3 } as CSSProperties}>
      <p className={styles.lead}>
        {t("merge.apart.lead", { at: f.datetime(merge.at), who: merge.actor?.title ?? t("merge.somebody") })}
      </p>
      <div className={styles.which} role="group" aria-label={t("merge.apart.out")}>
        <b>{t("merge.apart.out")}</b>
        {merge.lost.map((one) =>
          merge.lost.length === 1 ? (
            <Badge key={one.id} tone="accent">
              {title(one.id)}
            </Badge>
          ) : (
            <label key={one.id} className={styles.check}>
              <input
                type="checkbox"
                checked={lost.includes(one.id)}
                onChange={(event) =>
                  setLost(every.filter((id) => (id === one.id ? event.target.checked : lost.includes(id))))
                }
              />
              {title(one.id)}
            </label>
          ),
        )}
      </div>
      <h2 className={styles.part}>{t("merge.apart.fields")}</h2>
      {known.length === 0 ? (
        <p className={styles.note}>{t("merge.apart.fields.none")}</p>
      ) : (
        <>
          <div className={`${styles.row} ${styles.heads}`} aria-hidden>
            <span className={styles.name} />
            {SIDES.map((side) => (
              <b key={side} className={styles.headless}>
                {t(`merge.apart.${side}`)}
              </b>
            ))}
          </div>
          {known.map(({ field, one }) => (
            <div key={field.name} className={styles.row} role="radiogroup" aria-label={label(field.label, field.name)}>
              <span className={styles.name}>{label(field.label, field.name)}</span>
              {SIDES.map((side) => (
                <Option
                  key={side}
                  field={field}
                  value={one[side]}
                  record={record}
                  group={`apart ${field.name}`}
                  of={t(`merge.apart.${side}`)}
                  on={(sides[field.name] ?? one.choice) === side}
                  fixed={!one.writable}
                  onPick={() => setSides((old) => ({ ...old, [field.name]: side }))}
                />
              ))}
            </div>
          ))}
        </>
      )}
      {moved.length > 0 && (
        <>
          <h2 className={styles.part}>{t("merge.apart.moved")}</h2>
          <ul className={styles.list}>
            {moved.map((one) => (
              <li key={one.name}>
                {one.label}
                <em>{f.number(one.count)}</em>
              </li>
            ))}
          </ul>
        </>
      )}
      {since.length > 0 && (
        <>
          <h2 className={styles.part}>{t("merge.apart.since")}</h2>
          <p className={styles.note}>{t("merge.apart.since.lead")}</p>
          <ul className={styles.list}>
            {since.flatMap((place) => [
              ...place.records.map((child) => {
                const key = `${place.name} ${child.id}`;
                return (
                  <li key={key}>
                    <Badge>{place.label}</Badge>
                    <Link to="/o/$object/$id" params={{ object: place.object, id: child.id }}>
                      {child.title ?? t("merge.untitled")}
                    </Link>
                    <select
                      aria-label={child.title ?? t("merge.untitled")}
                      value={goes[key]?.to ?? ""}
                      onChange={(event) => {
                        const to = event.target.value;
                        const { object: name, field } = place;
                        setGoes(({ [key]: _, ...old }) =>
                          to ? { ...old, [key]: { object: name, field, id: child.id, to } } : old,
                        );
                      }}
                    >
                      <option value="">{t("merge.apart.since.stays")}</option>
                      {lost.map((id) => (
                        <option key={id} value={id}>
                          {t("merge.apart.since.goes", { title: title(id) })}
                        </option>
                      ))}
                    </select>
                    <time dateTime={child.created_at}>{f.datetime(child.created_at)}</time>
                  </li>
                );
              }),
              ...(place.count > place.records.length
                ? [
                    <li key={place.name} className={styles.soft}>
                      {t("merge.apart.since.more", { n: place.count - place.records.length })}
                    </li>,
                  ]
                : []),
            ])}
          </ul>
        </>
      )}
      <div className={styles.foot}>
        <Button onClick={() => window.history.back()}>{t("shell.cancel")}</Button>
        <Button type="primary" loading={busy} disabled={lost.length === 0} onClick={() => void take()}>
          {t("merge.apart")}
        </Button>
      </div>
    </div>
  );
}
