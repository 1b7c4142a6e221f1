/** Where a record stands, why, and what would lift it: a part of its page. */
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, Hand, TrendingUp } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { touchRecords, useCatalog } from "../api/queries";
import type { SlotProps } from "../apps/slots";
import { twin, useFormatContext } from "../fields";
import { DateInput } from "../fields/DateEntry";
import { edgeOf } from "../fields/dates";
import { useFormat, useLabel, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { Badge, Button, cx, ErrorState, Popover, TextBox, useToast } from "../ui";
import { Select } from "../ui/antd";
import {
  figure,
  inDays,
  KINDS,
  type Kind,
  optionLabel,
  standingQuery,
  type Standing as Told,
  valueWords,
} from "./model";
import styles from "./standing.module.css";

/** What a factor has to come to, by what it counts and whether less of it is better. */
const RAISES = {
  days: { rises: "standing.raise.lasts", falls: "standing.raise.days" },
  figure: { rises: "standing.raise.to", falls: "standing.raise.down" },
} as const;

export function StandingPanel({ object: name, record }: SlotProps) {
  const object = useCatalog().object(name);
  return object?.standing?.length && record ? <Known object={object} record={record} /> : null;
}

/** It suspends until it is known where the record stands: what is below comes with it, and is not pushed down. */
function Known({ object, record }: Part) {
  const t = useT();
  const { data, refetch } = useSuspenseQuery(standingQuery(object.name, record.id));
  if (data && "failed" in data)
    return (
      <ErrorState
        error={data.failed}
        title={t("shell.error.part", { part: t("standing.panel") })}
        retry={() => void refetch()}
        small
      />
    );
  if (!data || (!data.grade && !data.lifecycle)) return null;
  return (
    <section className={styles.panel} aria-label={t("standing.panel")} data-testid="standing">
      <header>
        <TrendingUp size={14} aria-hidden />
        <h2>{t("standing.panel")}</h2>
        <span className="spring" />
        {object.can.update && (data.grade?.may || data.lifecycle?.may) && (
          <ByHand object={object} id={record.id} told={data} />
        )}
      </header>
      {data.grade && <GradePart object={object} record={record} grade={data.grade} />}
      {data.lifecycle && <StagePart object={object} record={record} lifecycle={data.lifecycle} />}
      <Passages object={object} told={data} />
    </section>
  );
}

function OptionCell({
  object,
  record,
  field,
  value,
}: Pick<Part, "object" | "record"> & { field: string; value: unknown }) {
  const found = object.fields.find((one) => one.name === field);
  if (!found || value === null || value === undefined) return <span className="dash">—</span>;
  const { Cell } = twin(found);
  return <Cell field={found} value={value} record={record} />;
}

interface Part {
  object: ObjectDef;
  record: NonNullable<SlotProps["record"]>;
}

function GradePart({ object, record, grade }: Part & { grade: NonNullable<Told["grade"]> }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const ctx = useFormatContext();
  const [open, setOpen] = useState(false);
  return (
    <>
      <div className={styles.head}>
        <OptionCell object={object} record={record} field={grade.field} value={grade.value} />
        <b className={styles.total} title={t("standing.score", { n: grade.points ?? "—" })}>
          {grade.points ?? "—"}
        </b>
        <span className="spring" />
        <button type="button" className={styles.link} aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "standing.less" : "standing.why")}
          {open ? <ChevronDown /> : <ChevronRight />}
        </button>
      </div>
      <Held object={object} record={record} told={grade} />
      <ul className={styles.axes}>
        {grade.axes.map((axis) => (
          <li key={axis.name}>
            <span className={styles.line}>
              <span>{label(axis.label, axis.name)}</span>
              <span className={styles.bar} aria-hidden="true">
                <i style={{ width: `${axis.points ?? 0}%` }} />
              </span>
              <b className="num">{axis.points ?? "—"}</b>
            </span>
            {open && (
              <ul className={styles.factors}>
                {axis.factors.map((factor) => (
                  <li key={factor.name}>
                    <span>{label(factor.label, factor.name)}</span>
                    <span className={styles.value}>
                      {factor.hidden ? t("standing.factor.hidden") : (factor.fault ?? valueWords(factor, object, ctx))}
                    </span>
                    <span className="num">
                      {factor.points === null || factor.points === undefined
                        ? factor.hidden
                          ? ""
                          : t("standing.factor.uncounted")
                        : f.number(Math.round(factor.points))}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
      {open && grade.raises.length > 0 && (
        <div className={styles.raises}>
          <h3>{t("standing.raises")}</h3>
          <ul>
            {grade.raises.map((way) => {
              const factor = grade.axes
                .find((axis) => axis.name === way.axis)
                ?.factors.find((one) => one.name === way.factor);
              const days = factor && inDays(factor);
              const to =
                typeof way.to === "string"
                  ? optionLabel(object, factor?.input.formula ?? "", way.to, ctx)
                  : figure(way.to, factor?.unit, ctx);
              return (
                <li key={`${way.axis} ${way.factor}`}>
                  {t(RAISES[days ? "days" : "figure"][factor?.falls ? "falls" : "rises"], {
                    factor: label(way.label, way.factor),
                    to,
                    gain: f.number(way.gain),
                  })}
                  {way.reaches && (
                    <b> {t("standing.raise.reaches", { grade: optionLabel(object, grade.field, way.reaches, ctx) })}</b>
                  )}
                </li>
              );
            })}
          </ul>
        </div>
      )}
      {(grade.contacts.length > 0 || grade.service?.response) && (
        <ul className={styles.service}>
          {grade.contacts.map((one) => (
            <li key={one.name}>
              {one.late > 0 ? (
                <Badge tone="danger">
                  {t("standing.contact.late", { contact: label(one.label, one.name), n: one.late })}
                </Badge>
              ) : (
                one.due && (
                  <span>
                    {t("standing.contact.next", { contact: label(one.label, one.name), date: f.day(one.due) })}
                  </span>
                )
              )}
              <small>{t("standing.contact.every", { n: one.every })}</small>
            </li>
          ))}
          {grade.service?.response && <li>{t("standing.response", { n: grade.service.response })}</li>}
        </ul>
      )}
    </>
  );
}

function StagePart({ object, record, lifecycle }: Part & { lifecycle: NonNullable<Told["lifecycle"]> }) {
  const t = useT();
  const f = useFormat();
  const field = object.fields.find((one) => one.name === lifecycle.field);
  const days = lifecycle.since ? Math.max(0, -f.daysFromToday(lifecycle.since)) : null;
  return (
    <>
      <div className={styles.stage}>
        <span className={styles.what}>{useLabel()(field?.label)}</span>
        <OptionCell object={object} record={record} field={lifecycle.field} value={lifecycle.value} />
        {days !== null && <small>{t("standing.since", { n: days })}</small>}
        <span className="spring" />
        <Link to="/journey/$object" params={{ object: object.name }} className={styles.link}>
          {t("standing.journey")}
        </Link>
      </div>
      <Held object={object} record={record} told={lifecycle} />
    </>
  );
}

/** Who laid it down, and what the rules would say instead. */
function Held({ told, ...part }: Part & { told: NonNullable<Told["grade"] | Told["lifecycle"]> }) {
  const t = useT();
  const f = useFormat();
  const { override, reckoned } = told;
  if (!override) return null;
  return (
    <p className={styles.held}>
      <Hand size={13} aria-hidden />
      <span>
        {t("standing.override.by", { name: override.by?.title ?? "—", reason: override.reason })}
        {override.until && ` · ${t("standing.override.until", { date: f.day(override.until) })}`}
        {reckoned !== override.value && (
          <span className={styles.ruled}>
            {t("standing.override.ruled")} <OptionCell {...part} field={told.field} value={reckoned} />
          </span>
        )}
      </span>
    </p>
  );
}

function Passages({ object, told }: { object: ObjectDef; told: Told }) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const [open, setOpen] = useState(false);
  if (told.passages.length === 0) return null;
  const name = (kind: Kind, value: string | null) =>
    value ? optionLabel(object, told[kind]?.field ?? "", value, ctx) : t("standing.passage.none");
  return (
    <div className={styles.passages}>
      <button type="button" className={styles.link} aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("standing.passages")} {f.number(told.passages.length)}
        {open ? <ChevronDown /> : <ChevronRight />}
      </button>
      {open && (
        <ol>
          {told.passages.map((one) => (
            <li key={`${one.kind} ${one.at}`}>
              <time dateTime={one.at}>{f.day(one.at)}</time>
              <span>
                {name(one.kind, one.from)} → <b>{name(one.kind, one.to)}</b>
                <small>
                  {one.reason.said ?? t(`standing.by.${one.reason.by}` as never)}
                  {one.reason.user?.title && ` · ${one.reason.user.title}`}
                </small>
              </span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** Laying it down by hand, with a reason and an end, or letting the rules decide again. */
function ByHand({ object, id, told }: { object: ObjectDef; id: string; told: Told }) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState("");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState<string | null | undefined>(null);
  const [busy, setBusy] = useState(false);
  const zone = useFormat().locale.timezone;
  const kinds = KINDS.filter((kind) => told[kind]?.may);
  const act = async (work: () => Promise<{ data: Told }>) => {
    setBusy(true);
    try {
      const { data } = await work();
      client.setQueryData(standingQuery(object.name, id).queryKey, data);
      setOpen(false);
      setReason("");
      await touchRecords(client, true);
    } catch (refused) {
      toast({ text: (refused as Error).message, tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  const [kind, value] = chosen.split(" ") as [Kind, string];
  const path = (of: Kind) => `/standing/records/${object.name}/${id}/override/${of}`;
  const ready = chosen && reason.trim() && until !== undefined;
  const save = () => act(() => api.put<Told>(path(kind), { value, reason, until: edgeOf(until, true, zone) ?? null }));
  const content = (
    <form
      className={styles.byHand}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void save();
      }}
    >
      <label htmlFor="standing-value">{t("standing.override.value")}</label>
      <Select
        id="standing-value"
        aria-label={t("standing.override.value")}
        value={chosen || undefined}
        onChange={(next: string) => setChosen(next)}
        options={kinds.map((one) => {
          const field = object.fields.find((it) => it.name === told[one]?.field);
          return {
            label: label(field?.label, one),
            options: (field?.options ?? [])
              .filter((option) => !option.retired)
              .map((option) => ({ value: `${one} ${option.name}`, label: label(option.label, option.name) })),
          };
        })}
      />
      <label htmlFor="standing-reason">{t("standing.override.reason")}</label>
      <TextBox
        id="standing-reason"
        rows={2}
        value={reason}
        maxLength={1000}
        onChange={(e) => setReason(e.target.value)}
      />
      <label htmlFor="standing-until">{t("standing.override.end")}</label>
      <DateInput id="standing-until" value={until} onChange={setUntil} />
      <div className={styles.acts}>
        <Button type="primary" loading={busy} disabled={!ready} onClick={() => void save()}>
          {t("standing.override.save")}
        </Button>
        {kinds
          .filter((one) => told[one]?.override)
          .map((one) => (
            <Button key={one} onClick={() => void act(() => api.del<Told>(path(one)))}>
              {t("standing.release")}
            </Button>
          ))}
      </div>
    </form>
  );
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("standing.override")}
      content={content}
      placement="bottomRight"
    >
      <button type="button" className={cx(styles.link)} aria-expanded={open}>
        <Hand size={13} />
        {t("standing.override")}
      </button>
    </Popover>
  );
}
