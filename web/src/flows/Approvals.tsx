/** What waits for one's decision, what one asked for, and deciding it: two taps on a phone. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Check, MoreHorizontal, X } from "lucide-react";
import { useState } from "react";
import { Answered } from "../admin/Table";
import { type Act, type Approval, approvalsOf, type Vote } from "../api/approvals";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { inline } from "../i18n/words";
import { Picker } from "../records/Picker";
import type { ObjectDef } from "../schema/catalog";
import { Badge, Button, cx, Dropdown, Empty, Page, TextBox, type Tone, useRefusal, useToast } from "../ui";
import { Segmented } from "../ui/antd";
import styles from "./approvals.module.css";

const TONES: Record<string, Tone> = {
  approved: "ok",
  rejected: "danger",
  returned: "warn",
  waiting: "info",
  expired: "warn",
};
const BOXES = ["mine", "asked", "all"] as const;

export default function Approvals() {
  const t = useT();
  const navigate = useNavigate();
  const { box = "mine" } = useSearch({ strict: false }) as { box?: (typeof BOXES)[number] };
  const found = useQuery({ ...approvalsOf({ box }), refetchInterval: 30_000 });
  // Who is asked, and who hears how it was decided, is told: then the list is another one.
  useLive("notification", () => void found.refetch());
  const rows = found.data ?? [];
  return (
    <Page
      title={t("approval.title")}
      count={box === "mine" ? rows.length || undefined : undefined}
      bar={
        <div className={styles.bar}>
          <Segmented
            aria-label={t("approval.title")}
            value={box}
            options={BOXES.map((one) => ({ value: one, label: t(`approval.box.${one}`) }))}
            onChange={(next: (typeof BOXES)[number]) =>
              void navigate({ to: "/approvals", search: next === "mine" ? {} : { box: next } })
            }
          />
        </div>
      }
      padded
    >
      <Answered
        of={found}
        shape="sheets"
        empty={
          rows.length === 0 && (
            <Empty
              title={t(box === "mine" ? "approval.none" : "approval.none.other")}
              text={box === "mine" ? t("approval.none.text") : undefined}
            />
          )
        }
      >
        <div className={styles.cards}>
          {rows.map((one) => (
            <ApprovalCard key={one.id} approval={one} />
          ))}
        </div>
      </Answered>
    </Page>
  );
}

/** One approval with who has to sign, what was asked about, and what the reader can do. */
function ApprovalCard({ approval }: { approval: Approval }) {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const refuse = useRefusal();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Act | null>(null);
  const [note, setNote] = useState("");
  const [to, setTo] = useState<{ id: string; title: string } | null>(null);
  const act = useMutation({
    mutationFn: (what: Act) =>
      api.make(`/approvals/${approval.id}`, { act: what, note: note.trim(), to: to?.id ?? null }),
    onSuccess: async (_, what) => {
      toast({ text: t(`approval.done.${what}`) });
      setAsked(null);
      setNote("");
      setTo(null);
      await client.invalidateQueries({ queryKey: ["approvals"] });
    },
    onError: refuse,
  });
  const may = new Set(approval.acts);
  const more = (["return", "delegate", "add", "withdraw"] as const).filter((one) => may.has(one));
  const person = asked === "delegate" || asked === "add";
  // There may be many cards, with the same buttons and in the same words.
  const what = [approval.title, titleIn(approval, useCatalog().object(approval.object))].filter(Boolean).join(" · ");
  const named = (one: "approve" | "reject" | "remind") => ({
    "aria-label": `${t(`approval.act.${one}`)} · ${what}`,
  });
  const ready = person ? to !== null : asked === "withdraw" || note.trim() !== "";
  return (
    <article className={styles.card} aria-label={approval.title}>
      <header className={styles.head}>
        <h2>{approval.title}</h2>
        <Badge tone={TONES[approval.state] ?? "neutral"}>{t(`approval.state.${approval.state}` as Key)}</Badge>
      </header>
      <p className={styles.soft}>
        {t("approval.asked", { name: approval.asker?.title ?? "—", when: f.ago(approval.created_at) })}
        {approval.due_at && approval.state === "waiting" && ` · ${t("approval.due", { when: f.ago(approval.due_at) })}`}
      </p>
      <Snapshot approval={approval} />
      <Levels votes={approval.votes} />
      {asked ? (
        <div className={styles.ask}>
          {person && (
            <Picker
              label={t("approval.to")}
              object="user"
              create={false}
              value={to ? [to] : []}
              onChange={([one]) => setTo(one ?? null)}
            />
          )}
          <TextBox
            autoFocus={!person}
            rows={2}
            aria-label={t("approval.note")}
            placeholder={t(asked === "reject" || asked === "return" ? "approval.note.must" : "approval.note")}
            value={note}
            maxLength={2000}
            onChange={(event) => setNote(event.target.value)}
          />
          <div className={styles.acts}>
            <Button
              type="primary"
              danger={asked === "reject"}
              disabled={!ready}
              loading={act.isPending}
              onClick={() => act.mutate(asked)}
            >
              {t(`approval.act.${asked}`)}
            </Button>
            <Button onClick={() => setAsked(null)}>{t("approval.leave")}</Button>
          </div>
        </div>
      ) : (
        (may.size > 0 || null) && (
          <div className={styles.acts}>
            {may.has("approve") && (
              <Button
                type="primary"
                icon={<Check />}
                loading={act.isPending}
                onClick={() => act.mutate("approve")}
                {...named("approve")}
              >
                {t("approval.act.approve")}
              </Button>
            )}
            {may.has("reject") && (
              <Button danger icon={<X />} onClick={() => setAsked("reject")} {...named("reject")}>
                {t("approval.act.reject")}
              </Button>
            )}
            {may.has("remind") && (
              <Button disabled={act.isPending} onClick={() => act.mutate("remind")} {...named("remind")}>
                {t("approval.act.remind")}
              </Button>
            )}
            {more.length > 0 && (
              <Dropdown
                menu={{
                  items: more.map((one) => ({
                    key: one,
                    label: t(`approval.act.${one}`),
                    onClick: () => setAsked(one),
                  })),
                }}
              >
                <Button icon={<MoreHorizontal />} aria-label={`${t("approval.more")} · ${what}`} />
              </Dropdown>
            )}
          </div>
        )
      )}
    </article>
  );
}

const titleIn = (approval: Approval, object: ObjectDef | undefined): string =>
  String((object?.title && approval.snapshot[object.title]) ?? "");

/** What decides most comes first: amounts, then dates and choices. */
const FIRST = ["money", "percent", "decimal", "integer", "date", "link", "select", "stage"];
const rank = (type: string): number => (FIRST.indexOf(type) + FIRST.length + 1) % (FIRST.length + 1);

/** The record as it was when it was asked about. */
function Snapshot({ approval }: { approval: Approval }) {
  const t = useT();
  const label = useLabel();
  const ctx = useFormatContext();
  const object = useCatalog().object(approval.object);
  if (!object || !approval.record) return null;
  const facts = object.fields
    .filter((field) => !field.system && !field.of && field.name !== object.title && field.name in approval.snapshot)
    .sort((a, b) => rank(a.type) - rank(b.type))
    .map((field) => ({ field, text: twin(field).format(approval.snapshot[field.name], field, ctx) }))
    .filter((one) => one.text)
    .slice(0, 6);
  const title = titleIn(approval, object);
  const noun = inline(label(object.label, object.name), ctx.language);
  return (
    <>
      <dl className={styles.facts}>
        {facts.map(({ field, text }) => (
          <div key={field.name}>
            <dt>{label(field.label, field.name)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <Link className={styles.link} to="/o/$object/$id" params={{ object: object.name, id: approval.record }}>
        {/* What is asked may be the same words for every record. */}
        {title && !approval.title.includes(title)
          ? t("approval.open.named", { object: noun, title })
          : t("approval.open", { object: noun })}
      </Link>
    </>
  );
}

function Levels({ votes }: { votes: Vote[] }) {
  const t = useT();
  const levels = [...new Set(votes.map((one) => one.level))];
  return (
    <ol className={styles.levels}>
      {levels.map((level) => {
        const here = votes.filter((one) => one.level === level && (one.state !== "void" || one.at));
        if (here.length === 0) return null;
        // Whoever handed it on has no say any more, and whoever was added has to say yes in any case.
        const choice = here.filter((one) => one.state !== "delegated" && !one.must);
        return (
          <li key={level}>
            <span className={styles.soft}>
              {t("approval.level", { n: level + 1 })}
              {choice.length > 1 && ` · ${t(choice[0]?.need === "all" ? "approval.need.all" : "approval.need.any")}`}
            </span>
            {here.map((one) => (
              <span key={`${one.signer.id}${one.state}`} className={styles.vote}>
                <b>{one.signer.title ?? "—"}</b>
                {one.must && <Badge>{t("approval.must")}</Badge>}
                <span className={cx(styles.soft, one.state === "approved" && styles.yes)}>
                  {t(`approval.vote.${one.state}` as Key)}
                </span>
                {one.note && <q>{one.note}</q>}
              </span>
            ))}
          </li>
        );
      })}
    </ol>
  );
}
