/** Where a record stands on its pipeline, for how long, and one click to move it. */
import { useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ApiError, api } from "../api/client";
import { keys } from "../api/queries";
import { isEmpty, useFormatContext } from "../fields";
import { stagesFor } from "../fields/stage";
import { asText } from "../fields/twin";
import { useT } from "../i18n";
import type { Field, ObjectDef, RecordData, Stage } from "../schema/catalog";
import { Banner, Button, cx, useToast } from "../ui";
import { Modal } from "../ui/antd";
import { FormSections, showFirstError } from "./FormFields";
import { Stale, useSave } from "./RecordSave";
import styles from "./StagePath.module.css";
import { gateFields } from "./useRules";
import type { TimelineItem } from "./useTimeline";

const DAY = 86_400_000;

/** Whole days that a record spent in each stage it has left, by the stage's name. */
function daysPassed(moves: TimelineItem[], stageField: string, created: number): Map<string, number> {
  const days = new Map<string, number>();
  let since = created;
  for (const move of [...moves].reverse()) {
    const from = move.changes?.[stageField]?.[0];
    const at = Date.parse(move.at);
    if (typeof from === "string") days.set(from, (days.get(from) ?? 0) + (at - since));
    since = at;
  }
  return new Map([...days].map(([name, ms]) => [name, Math.max(0, Math.round(ms / DAY))]));
}

interface StagePathProps {
  object: ObjectDef;
  record: RecordData;
  field: Field;
}

export function StagePath({ object, record, field }: StagePathProps) {
  const t = useT();
  const ctx = useFormatContext();
  const toast = useToast();
  const save = useSave(object);
  const [asking, setAsking] = useState<{ stage: Stage; fields: Field[] } | null>(null);
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [others, setOthers] = useState<string[]>([]);
  const [moving, setMoving] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const path = useRef<HTMLElement>(null);

  const stages = stagesFor(field, ctx, record);
  const current = moving ?? asText(record[field.name]);
  const at = stages.findIndex((stage) => stage.name === current);
  const now = stages[at];
  const moves = useQuery({
    queryKey: keys.timeline(object.name, record.id, "stage"),
    queryFn: ({ signal }) =>
      api.get<{ data: TimelineItem[] }>(
        `/records/${object.name}/${record.id}/timeline`,
        { kinds: "stage", limit: 100 },
        signal,
      ),
    staleTime: 60_000,
  });
  const passed = daysPassed(moves.data?.data ?? [], field.name, Date.parse(asText(record.created_at)));
  const since = Date.parse(asText(record[`${field.name}_since`]));
  const here = Number.isNaN(since) ? null : Math.floor((Date.now() - since) / DAY) + 1;

  // On a phone the path is longer than the screen: it opens where the record stands, also once days have made it longer.
  const { isSuccess: told } = moves;
  // biome-ignore lint/correctness/useExhaustiveDependencies: days make steps before it longer
  useEffect(() => {
    const step = path.current?.querySelector<HTMLElement>("[aria-current=step]")?.parentElement;
    if (path.current && step && current) path.current.scrollLeft = step.offsetLeft - 56;
  }, [current, told]);

  const may = object.can.update && !field.readonly;
  const move = async (stage: Stage, more: Record<string, unknown> = {}) => {
    setMoving(stage.name);
    try {
      await save(
        record,
        { [field.name]: stage.name, ...more },
        { done: t("record.stage.moved", { stage: ctx.label(stage.label, stage.name) }) },
      );
      setAsking(null);
    } catch (reason) {
      if (reason instanceof Stale) toast({ text: t("record.stale.moved", { who: reason.who }), tone: "warn" });
      else if (reason instanceof ApiError) refuse(stage, reason);
      else throw reason;
    } finally {
      setMoving(null);
    }
  };
  /** What the server still wants is asked for; anything else is said. */
  const refuse = (stage: Stage, reason: ApiError) => {
    const names = [...reason.errors.map((problem) => problem.field), ...gateFields(object, reason, ctx.label)];
    const wanted = names.map((name) =>
      object.fields.find((one) => one.name === name && one.name !== field.name && !one.readonly),
    );
    const fields = [
      ...new Set([...(asking?.fields ?? []), ...wanted.filter((one): one is Field => one !== undefined)]),
    ];
    if (fields.length === 0) {
      toast({
        text: reason.status === 0 ? t("shell.offline") : (reason.errors[0]?.message ?? reason.message),
        tone: "danger",
      });
      return;
    }
    setErrors(reason.fields);
    setOthers(
      reason.errors
        .filter((problem) => !fields.some((one) => one.name === problem.field))
        .map((problem) => problem.message),
    );
    if (!asking) setValues({});
    setAsking({ stage, fields });
    showFirstError(form.current);
  };
  const choose = (stage: Stage) => {
    if (!may || stage.name === current || moving) return;
    const missing = stage.required
      .map((name) => object.fields.find((one) => one.name === name))
      .filter((one): one is Field => one !== undefined && isEmpty(record[one.name]));
    if (missing.length === 0) {
      void move(stage);
      return;
    }
    setErrors({});
    setOthers([]);
    setValues({});
    setAsking({ stage, fields: missing });
  };

  if (stages.length === 0) return null;
  return (
    <>
      <nav ref={path} className={cx("sideways", styles.path)} aria-label={ctx.label(field.label, field.name)}>
        <ol>
          {stages.map((stage, index) => {
            const lost = now?.kind === "lost";
            // Nobody knows how far it came that was lost or put off.
            const off = lost || now?.kind === "on_hold";
            const is =
              index === at ? (lost ? "lost" : "now") : stage.kind === "open" && index < at && !off ? "done" : "next";
            const days =
              is === "now" || is === "lost" ? here : is === "done" ? passed.get(stage.name) || undefined : undefined;
            const label = ctx.label(stage.label, stage.name);
            return (
              <li key={stage.name}>
                <button
                  type="button"
                  className={cx(styles.step, styles[is], moving === stage.name && styles.moving)}
                  aria-current={index === at ? "step" : undefined}
                  disabled={!may && index !== at}
                  title={may && index !== at ? t("record.stage.move", { stage: label }) : label}
                  onClick={() => choose(stage)}
                >
                  {is === "done" && <Check aria-hidden />}
                  {is === "lost" && <X aria-hidden />}
                  <span>{label}</span>
                  {days !== undefined && days !== null && (
                    <span className={styles.days}>
                      {is === "done" ? t("record.days", { n: days }) : t("record.day", { n: days })}
                    </span>
                  )}
                </button>
              </li>
            );
          })}
        </ol>
      </nav>
      {asking && (
        <Modal
          open
          width={420}
          title={t("record.stage.to", { stage: ctx.label(asking.stage.label, asking.stage.name) })}
          onCancel={() => setAsking(null)}
          footer={
            <Button type="primary" loading={moving !== null} onClick={() => void move(asking.stage, values)}>
              {t("record.stage.confirm", { stage: ctx.label(asking.stage.label, asking.stage.name) })}
            </Button>
          }
        >
          <p className={styles.why}>{t("record.stage.needs")}</p>
          <Banner messages={others} />
          <form
            ref={form}
            noValidate
            onSubmit={(event) => event.preventDefault()}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void move(asking.stage, values);
            }}
          >
            <FormSections
              sections={[{ label: "", fields: asking.fields.map((one) => ({ ...one, required: true })) }]}
              values={{ ...record, ...values }}
              errors={errors}
              focus={asking.fields[0]?.name}
              onChange={(one, value, more) => setValues({ ...values, [one.name]: value, ...more })}
            />
          </form>
        </Modal>
      )}
    </>
  );
}
