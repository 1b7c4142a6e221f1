/** What a flow would do: to one record, now; and in the last days, had it been on. Nothing is kept of either. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical, History } from "lucide-react";
import { useState } from "react";
import admin from "../admin/admin.module.css";
import { Banner } from "../admin/Section";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { useLabel, useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { Field } from "../schema/catalog";
import { Badge, Button } from "../ui";
import { Select } from "../ui/antd";
import styles from "./flows.module.css";
import { becameOf } from "./layout";
import { type FullFlow, type Given, type Kinds, walk } from "./model";
import { Picture, useOutline } from "./Picture";
import type { Backtest, Progress, Trial } from "./queries";
import { RunState } from "./RunState";

import { said } from "./said";
import { useSays } from "./useSays";

export function Try({ flow, kinds }: { flow: FullFlow; kinds: Kinds }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const ctx = useFormatContext();
  const words = (value: unknown, field: Field | undefined) =>
    value === null || value === undefined || !field
      ? plain(value)
      : twin(field).format(value, field, ctx) || plain(value);
  const [record, setRecord] = useState<{ id: string; title: string } | null>(null);
  const [days, setDays] = useState(90);
  const [late, setLate] = useState(false);
  const trial = useMutation({
    mutationFn: async () =>
      (await api.post<Trial>(`/flows/${flow.id}/test`, { record: record?.id ?? null, late })).data,
  });
  const past = useMutation({
    mutationFn: async () => (await api.post<Backtest | { trial: string }>(`/flows/${flow.id}/backtest`, { days })).data,
  });
  const begun = past.data && "trial" in past.data ? past.data.trial : undefined;
  const later = useQuery({
    queryKey: ["flows", "trial", begun],
    queryFn: ({ signal }) => api.get<Progress>(`/flows/trials/${begun}`, undefined, signal),
    enabled: begun !== undefined,
    refetchInterval: ({ state }) => ((state.data?.state ?? "running") === "running" ? 1_000 : false),
  });
  const running = past.isPending || (begun !== undefined && (later.data?.state ?? "running") === "running");
  const stop = async () => {
    await api.del(`/flows/trials/${begun}`);
    await later.refetch();
  };
  const object = catalog.object(flow.definition.object);
  const steps = [...walk(flow.definition, kinds)].map(({ step }) => step);
  const approves = steps.some(({ kind }) => kind === "approval");
  const depends = approves || steps.some(({ kind, how }) => kind === "wait" && how === "event");
  const handed = new Map((trial.data?.steps ?? []).map((one) => [one.id, one.would as Given]));
  const says = useSays(flow.definition, kinds, handed);
  const became = trial.data && becameOf(trial.data.steps.map((one) => ({ ...one, step: one.id })));
  const { outline } = useOutline();
  const found = past.data && !("trial" in past.data) ? past.data : (later.data?.result ?? undefined);
  return (
    <div className={styles.pad}>
      <h2 className={admin.accessHead}>{t("flow.past")}</h2>
      <div className={styles.tryBar}>
        <Select
          aria-label={t("flow.past.days")}
          value={days}
          options={[7, 30, 90, 180].map((n) => ({ value: n, label: t("flow.past.last", { n }) }))}
          onChange={(n: number) => setDays(n)}
        />
        <Button icon={<History />} loading={running} onClick={() => past.mutate()}>
          {t("flow.past.run")}
        </Button>
        {running && begun && (
          <>
            <span className={styles.soft} role="status">
              {later.data?.total
                ? t("flow.past.progress", { done: later.data.done, total: later.data.total })
                : t("flow.past.looking")}
            </span>
            <Button onClick={() => void stop()}>{t("flow.act.cancel")}</Button>
          </>
        )}
      </div>
      <Banner messages={later.data?.state === "failed" ? [t("flow.past.broke")] : said(past.error ?? later.error)} />
      {found && (
        <p className={styles.verdict} role="status">
          {found.fired ? t("flow.past.fired", { n: found.fired, records: found.records }) : t("flow.past.never")}{" "}
          {found.records_created > 0 && t("flow.past.created", { n: found.records_created })}{" "}
          {found.records_changed > 0 && t("flow.past.changed", { n: found.records_changed })}{" "}
          {found.mails > 0 && t("flow.past.mails", { n: found.mails })}{" "}
          {found.messages > 0 && t("flow.past.messages", { n: found.messages })}{" "}
          {found.calls > 0 && t("flow.past.calls", { n: found.calls })}{" "}
          {found.failed > 0 && t("flow.past.failed", { n: found.failed })}{" "}
          {found.today > 0 && t("flow.past.today", { n: found.today })}{" "}
          {found.tried < found.fired && t("flow.past.partial", { n: found.tried })}{" "}
          {found.waiting > 0 && t("flow.past.waiting", { n: found.waiting })}{" "}
          {found.fired > 0 && approves && t("flow.past.given")}
        </p>
      )}
      {found && found.sample.length > 0 && (
        <ul className={styles.sample} aria-label={t("flow.past.sample")}>
          {found.sample.slice(0, 10).map(({ record: one, state, error }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same record may have begun it several times
            <li key={at}>
              {one ? (
                <Link to="/o/$object/$id" params={{ object: one.object, id: one.id }} className="ellipsis">
                  {one.title ?? one.id}
                </Link>
              ) : (
                t("flow.run.no.record")
              )}
              <RunState state={state} />
              {error && <span className={styles.soft}>{error.message}</span>}
            </li>
          ))}
        </ul>
      )}
      <h2 className={admin.accessHead}>{t("flow.trial")}</h2>
      <div className={styles.tryBar}>
        {object && (
          <span className={styles.pick}>
            <Picker
              label={label(object.label, object.name)}
              object={object.name}
              value={record ? [record] : []}
              create={false}
              clear
              onChange={([one]) => setRecord(one ?? null)}
            />
          </span>
        )}
        {depends && (
          <Select
            aria-label={t("flow.trial.waits")}
            value={late}
            options={[false, true].map((value) => ({ value, label: t(value ? "flow.trial.late" : "flow.trial.come") }))}
            onChange={setLate}
          />
        )}
        <Button
          type="primary"
          icon={<FlaskConical />}
          disabled={object !== undefined && !record}
          loading={trial.isPending}
          onClick={() => trial.mutate()}
        >
          {t("flow.trial.run")}
        </Button>
      </div>
      <Banner messages={said(trial.error)} />
      {trial.data && (
        <>
          <p className={styles.verdict} role="status">
            {t("flow.trial.said", { steps: trial.data.steps.length, changes: trial.data.changes.length })}{" "}
            {trial.data.error && <Badge tone="danger">{trial.data.error.message}</Badge>}
          </p>
          <ul className={styles.log}>
            {trial.data.changes.map((one) => {
              const about = catalog.object(one.object);
              return (
                <li key={`${one.id}${one.kind}`}>
                  <b>{one.title ?? t("flow.new.record")}</b>{" "}
                  <span className={styles.soft}>{about && label(about.label, about.name)}</span>
                  {Object.entries(one.fields).map(([name, [before, after]]) => {
                    const field = about?.fields.find((each) => each.name === name);
                    return (
                      <p key={name} className={styles.soft}>
                        {field ? label(field.label, name) : name}: {words(before, field)} → {words(after, field)}
                      </p>
                    );
                  })}
                </li>
              );
            })}
          </ul>
        </>
      )}
      <Picture
        outline={outline}
        framed
        what={flow.definition}
        kinds={kinds}
        open={null}
        onOpen={() => {}}
        says={says}
        became={became}
        ended={trial.data?.state === "done"}
      />
    </div>
  );
}

export const plain = (value: unknown): string =>
  value === null || value === undefined || value === ""
    ? "—"
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
