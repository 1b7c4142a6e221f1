/** API tokens of one's own: made, shown once, revoked. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useCatalog, useMe } from "../api/queries";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { Badge, Begin, Button, Nothing, useAsk, useToast } from "../ui";
import { Checkbox, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { FormPanel, SecretPanel, useForm } from "./Form";
import { Section } from "./Section";
import { Answered, DataTable, TabBar } from "./Table";

interface Token {
  id: string;
  name: string;
  scopes: string[] | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  per_minute: number | null;
  user?: { id: string; title: string | null };
}

const KEY = ["tokens"] as const;
const DAY = 86_400_000;
const LIVES = [30, 90, 365, 0] as const;

export default function Tokens() {
  const t = useT();
  const f = useFormat();
  const catalog = useCatalog();
  const title = useLabel();
  const label = (name: string) => title(catalog.object(name)?.plural, name);
  const toast = useToast();
  const ask = useAsk();
  const client = useQueryClient();
  const me = useMe();
  const [making, setMaking] = useState(false);
  const [everybody, setEverybody] = useState(false);
  const found = useQuery({
    queryKey: [...KEY, everybody],
    queryFn: ({ signal }) =>
      api.get<{ data: Token[]; scopes: string[] }>("/tokens", everybody ? { everybody } : undefined, signal),
  });
  const revoke = async (token: Token) => {
    const wanted = await ask({
      title: t("admin.token.ask", { name: token.name }),
      text: t("admin.token.ask.text"),
      go: t("admin.token.revoke"),
    });
    if (!wanted) return;
    try {
      await api.del(`/tokens/${token.id}`);
      toast({ text: t("admin.token.revoked", { name: token.name }) });
      await client.invalidateQueries({ queryKey: KEY });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const tokens = found.data?.data ?? [];
  const begin = <Begin onClick={() => setMaking(true)}>{t("admin.token.new")}</Begin>;
  return (
    <Section
      title={t("admin.tokens")}
      lead={t("admin.tokens.lead")}
      actions={
        <>
          <a className={styles.linkButton} href="/api/docs" target="_blank" rel="noreferrer">
            {t("admin.tokens.docs")}
          </a>
          {begin}
        </>
      }
      bar={
        me.can.includes("users") && (
          <TabBar
            label={t("admin.tokens")}
            at={everybody ? "everybody" : "own"}
            onPick={(name) => setEverybody(name === "everybody")}
            tabs={(["own", "everybody"] as const).map((name) => ({ name, text: t(`admin.tokens.${name}`) }))}
          />
        )
      }
      panel={
        making ? (
          <NewToken
            scopes={found.data?.scopes ?? []}
            onClose={() => {
              setMaking(false);
              void client.invalidateQueries({ queryKey: KEY });
            }}
          />
        ) : undefined
      }
    >
      <Answered of={found} empty={tokens.length === 0 && <Nothing of="admin.tokens.none" action={begin} />}>
        <DataTable
          rows={tokens}
          name={(token) => token.id}
          title={(token) => token.name}
          columns={[
            {
              head: t("admin.token.name"),
              cell: (token) => (
                <span className={styles.name}>
                  <KeyRound />
                  {token.name}
                </span>
              ),
            },
            ...(everybody ? [{ head: t("admin.token.owner"), cell: (token: Token) => token.user?.title }] : []),
            {
              head: t("admin.token.scopes"),
              hide: "phone",
              cell: (token) => (
                <span className={styles.badges}>
                  {token.scopes === null ? (
                    <Badge>{t("admin.scope.token.all")}</Badge>
                  ) : (
                    token.scopes.map((scope) => <Badge key={scope}>{scopeWord(scope, t, label)}</Badge>)
                  )}
                </span>
              ),
            },
            { head: t("admin.token.created"), cell: (token) => f.ago(token.created_at), hide: "phone" },
            {
              head: t("admin.token.used"),
              cell: (token) => (token.last_used_at ? f.ago(token.last_used_at) : t("admin.token.never")),
              soft: true,
            },
            {
              head: t("admin.token.until"),
              cell: (token) => (token.expires_at ? f.date(token.expires_at) : t("admin.token.forever")),
              hide: "phone",
            },
            {
              head: t("admin.col.acts"),
              acts: true,
              cell: (token) => (
                <Button size="small" danger onClick={() => void revoke(token)}>
                  {t("admin.token.revoke")}
                </Button>
              ),
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

const KNOWN = new Set(["records:read", "records:write", "catalog", "admin", "metrics"]);
/** A scope may end in an object's name. */
const scopeWord = (scope: string, t: ReturnType<typeof useT>, label: (name: string) => string): string => {
  if (KNOWN.has(scope)) return t(`admin.scope.token.${scope}` as Key);
  const [area, verb, object = ""] = scope.split(":");
  const general = `${area}:${verb}`;
  return KNOWN.has(general) ? `${t(`admin.scope.token.${general}` as Key)} · ${label(object)}` : scope;
};
const RECORDS = ["records:read", "records:write"];

function NewToken({ scopes, onClose }: { scopes: string[]; onClose: () => void }) {
  const t = useT();
  const [secret, setSecret] = useState<string | null>(null);
  const catalog = useCatalog();
  const title = useLabel();
  const label = (name: string) => title(catalog.object(name)?.plural, name);
  const form = useForm({
    name: "",
    whole: false,
    scopes: ["records:read"],
    only: [] as string[],
    expires_at: 90,
    per_minute: null as number | null,
  });
  const { draft } = form;
  const make = async () => {
    const { data } = await api.post<{ token: string }>("/tokens", {
      name: draft.name.trim(),
      ...(draft.whole
        ? {}
        : {
            scopes: draft.scopes.flatMap((scope) =>
              RECORDS.includes(scope) && draft.only.length > 0 ? draft.only.map((one) => `${scope}:${one}`) : [scope],
            ),
          }),
      ...(draft.per_minute ? { per_minute: draft.per_minute } : {}),
      ...(draft.expires_at ? { expires_at: new Date(Date.now() + draft.expires_at * DAY).toISOString() } : {}),
    });
    setSecret(data.token);
  };
  if (secret)
    return (
      <SecretPanel
        title={draft.name}
        text={t("admin.token.once")}
        secret={secret}
        close={t("admin.token.kept")}
        onClose={onClose}
      >
        <p className={styles.help}>{t("admin.token.use")}</p>
        <p className={styles.secret}>
          curl -H "Authorization: Bearer {secret.slice(0, 8)}…" {window.location.origin}/api/v1/records/account
        </p>
      </SecretPanel>
    );
  return (
    <FormPanel
      form={form}
      title={t("admin.token.new")}
      onClose={onClose}
      submit={t("admin.token.make")}
      ready={Boolean(draft.name.trim()) && (draft.whole || draft.scopes.length > 0)}
      onSubmit={make}
      lines={[
        {
          name: "name",
          label: t("admin.token.name"),
          required: true,
          help: t("admin.token.name.help"),
          autoFocus: true,
          max: 100,
        },
        {
          name: "scopes",
          label: t("admin.token.scopes"),
          help: t("admin.token.scopes.help"),
          render: () => (
            <div className={styles.checks}>
              <Checkbox checked={draft.whole} onChange={(event) => form.set({ whole: event.target.checked })}>
                {t("admin.scope.token.all")}
              </Checkbox>
              {scopes.map((scope) => (
                <Checkbox
                  key={scope}
                  disabled={draft.whole}
                  checked={draft.whole || draft.scopes.includes(scope)}
                  onChange={(event) =>
                    form.set({
                      scopes: event.target.checked
                        ? [...draft.scopes, scope]
                        : draft.scopes.filter((one) => one !== scope),
                    })
                  }
                >
                  {scopeWord(scope, t, label)}
                </Checkbox>
              ))}
            </div>
          ),
        },
        !draft.whole &&
          draft.scopes.some((scope) => RECORDS.includes(scope)) && {
            name: "only",
            label: t("admin.token.only"),
            render: (id) => (
              <Select
                id={id}
                mode="multiple"
                className={styles.wide}
                placeholder={t("admin.token.only.all")}
                maxCount={8}
                showSearch={{ optionFilterProp: "label" }}
                value={draft.only}
                onChange={(only) => form.set({ only })}
                options={catalog.objects.map((one) => ({ value: one.name, label: label(one.name) }))}
              />
            ),
          },
        {
          name: "per_minute",
          label: t("admin.token.limit"),
          help: t("admin.token.limit.help"),
          kind: "number",
          range: [1, 1_000_000],
        },
        {
          name: "expires_at",
          label: t("admin.token.until"),
          options: LIVES.map((n) => ({ value: n, label: n ? t("admin.token.days", { n }) : t("admin.token.forever") })),
        },
      ]}
    />
  );
}
