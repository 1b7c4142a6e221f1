/** Rules: what records must be, have and keep; each reads as a sentence, and is tried on the records that there are. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../api/client";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { conditionWords } from "../fields/conditions";
import { type Key, useLabel, useT } from "../i18n";
import { useDescribe } from "../records/FilterBar";
import { type ObjectDef, RULE_KINDS, type Rule, type RuleKind } from "../schema/catalog";
import { Badge, Begin, cx, Empty, ErrorState } from "../ui";
import { formulaOf, RuleForm } from "./RuleForm";
import rows from "./Rules.module.css";
import { Section } from "./Section";
import { TabBar } from "./Table";

type Open = { kind: RuleKind } | { name: string } | null;

export default function Rules({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>(null);
  const objects = catalog.objects.filter((one) => one.area !== "settings" && one.can.create);
  const object = name ? catalog.object(name) : objects[0];
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  const close = () => setOpen((now) => (now === open ? null : now));
  const rule = open && "name" in open ? object.rules.find((one) => one.name === open.name) : undefined;
  const begin = <Begin onClick={() => setOpen({ kind: "validate" })}>{t("admin.rule.new")}</Begin>;
  return (
    <Section
      title={t("admin.rules")}
      actions={begin}
      bar={
        <TabBar
          label={t("admin.rules")}
          at={object.name}
          onPick={close}
          tabs={objects
            .filter((one) => one.area !== "" || one.rules.length > 0)
            .map((one) => ({
              name: one.name,
              text: label(one.label, one.name),
              small: one.rules.filter((each) => each.active).length || undefined,
              to: { to: "/settings/$", params: { _splat: `rules/${one.name}` } },
            }))}
        />
      }
      panel={
        open && (rule || "kind" in open) ? (
          <RuleForm
            key={rule?.name ?? object.name}
            object={object}
            rule={rule}
            onClose={close}
            onDone={(made) => {
              void navigate({ to: "/settings/$", params: { _splat: `rules/${object.name}` } });
              setOpen({ name: made });
            }}
          />
        ) : undefined
      }
      padded
    >
      {object.rules.length === 0 ? (
        <Empty title={t("admin.rules.none")} text={t("admin.rules.what")} action={begin} />
      ) : (
        RULE_KINDS.map((kind) => (
          <Group key={kind} object={object} kind={kind} chosen={rule?.name} onOpen={(one) => setOpen({ name: one })} />
        ))
      )}
    </Section>
  );
}

interface GroupProps {
  object: ObjectDef;
  kind: RuleKind;
  chosen: string | undefined;
  onOpen: (name: string) => void;
}

function Group({ object, kind, chosen, onOpen }: GroupProps) {
  const t = useT();
  const label = useLabel();
  const sentence = useSentence(object);
  const found = object.rules.filter((rule) => rule.kind === kind);
  if (found.length === 0) return null;
  return (
    <section className={rows.group} aria-label={t(`admin.rule.kind.${kind}`)}>
      <h2>{t(`admin.rule.kind.${kind}`)}</h2>
      <ul>
        {found.map((rule) => (
          <li key={rule.name} className={cx(rule.name === chosen && rows.on, !rule.active && rows.off)}>
            <button type="button" onClick={() => onOpen(rule.name)}>
              <b>
                {label(rule.label, rule.name)}
                {!rule.custom && <Badge>{t("admin.rule.standard")}</Badge>}
                {!rule.active && <Badge>{t("admin.rule.off")}</Badge>}
              </b>
              <span>{sentence(rule)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A rule in words: when what, then what. */
function useSentence(object: ObjectDef): (rule: Rule) => string {
  const ctx = useFormatContext();
  const { t, label, catalog } = ctx;
  const describe = useDescribe(object);
  const listed = (names: string[]) => names.join(t("record.comma"));
  const named = (names: string[] | undefined) =>
    listed((names ?? []).map((name) => label(object.fields.find((field) => field.name === name)?.label, name)));
  return (rule) => {
    const field = object.fields.find((one) => one.name === rule.fields?.[0]);
    const worked = formulaOf(rule.value);
    const value =
      worked !== null ? `= ${worked}` : field ? conditionWords(twin(field).format, "eq", rule.value, field, ctx) : "";
    const stages = (rule.stages ?? []).map((name) => {
      const all = catalog.pipelinesOf(object).flatMap((pipeline) => pipeline.stages);
      return label(all.find((stage) => stage.name === name)?.label, name);
    });
    const same = (rule.match ?? []).map((part) => `${named(part.fields)} (${t(`admin.rule.how.${part.how}`)})`);
    const then = t(thenKey(rule), {
      fields: named(rule.fields),
      by: named(rule.by ? [rule.by] : []),
      message: label(rule.message),
      value,
      stages: listed(stages),
      same: same.join(t("admin.rule.and")),
    });
    if (!rule.when) return then;
    const words = describe(rule.when);
    const when = [words.field, words.op, words.value].filter(Boolean).join(" ");
    return t(rule.kind === "gate" ? "admin.rule.sentence.only" : "admin.rule.sentence", { when, then });
  };
}

function thenKey(rule: Rule): Key {
  if (rule.by) return "admin.rule.then.by";
  if (rule.kind === "gate") return rule.way === "leave" ? "admin.rule.then.leave" : "admin.rule.then.enter";
  if (rule.kind === "duplicate") return rule.act === "block" ? "admin.rule.then.block" : "admin.rule.then.warn";
  return `admin.rule.then.${rule.kind}`;
}

// -- one rule ----------------------------------------------------------------------------------------------------------
