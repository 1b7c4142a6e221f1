/** API tokens of one's own: made, shown once, revoked. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Select } from "antd";
import { Copy, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { type Key, useFormat, useT } from "../i18n";
import { Badge, Empty, ErrorState, SkeletonRows, useToast } from "../ui";
import styles from "./admin.module.css";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";

interface Token {
  id: string;
  name: string;
  scopes: string[] | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}

const KEY = ["tokens"] as const;
const DAY = 86_400_000;
const LIVES = [30, 90, 365, 0] as const;

export function Tokens() {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const found = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get<{ data: Token[]; scopes: string[] }>("/tokens", undefined, signal),
  });
  const revoke = async (token: Token) => {
    try {
      await api.del(`/tokens/${token.id}`);
      toast({ text: t("admin.token.revoked", { name: token.name }) });
      await client.invalidateQueries({ queryKey: KEY });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const tokens = found.data?.data ?? [];
  return (
    <Section
      title={t("admin.tokens")}
      lead={t("admin.tokens.lead")}
      actions={
        <>
          <Button type="text" href="/api/docs" target="_blank">
            {t("admin.tokens.docs")}
          </Button>
          <Button type="primary" icon={<Plus />} onClick={() => setMaking(true)}>
            {t("admin.token.new")}
          </Button>
        </>
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
      {found.isPending ? (
        <SkeletonRows rows={4} />
      ) : found.isError ? (
        <ErrorState error={found.error} retry={found.refetch} />
      ) : tokens.length === 0 ? (
        <Empty title={t("admin.tokens.none")} text={t("admin.tokens.none.text")} />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>{t("admin.token.name")}</th>
              <th className={styles.hidePhone}>{t("admin.token.scopes")}</th>
              <th className={styles.hidePhone}>{t("admin.token.created")}</th>
              <th>{t("admin.token.used")}</th>
              <th className={styles.hidePhone}>{t("admin.token.until")}</th>
              <th>
                <span className="sr">{t("admin.col.acts")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token) => (
              <tr key={token.id}>
                <td>
                  <span className={styles.name}>
                    <KeyRound />
                    {token.name}
                  </span>
                </td>
                <td className={styles.hidePhone}>
                  <span className={styles.badges}>
                    {token.scopes === null ? (
                      <Badge>{t("admin.scope.token.all")}</Badge>
                    ) : (
                      token.scopes.map((scope) => <Badge key={scope}>{scopeWord(scope, t)}</Badge>)
                    )}
                  </span>
                </td>
                <td className={styles.hidePhone}>{f.ago(token.created_at)}</td>
                <td className={styles.second}>
                  {token.last_used_at ? f.ago(token.last_used_at) : t("admin.token.never")}
                </td>
                <td className={styles.hidePhone}>
                  {token.expires_at ? f.date(token.expires_at.slice(0, 10)) : t("admin.token.forever")}
                </td>
                <td className={styles.right}>
                  <Button size="small" danger onClick={() => void revoke(token)}>
                    {t("admin.token.revoke")}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

const KNOWN = new Set(["records:read", "records:write", "catalog", "admin", "metrics"]);
const scopeWord = (scope: string, t: ReturnType<typeof useT>): string =>
  KNOWN.has(scope) ? t(`admin.scope.token.${scope}` as Key) : scope;

function NewToken({ scopes, onClose }: { scopes: string[]; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const [name, setName] = useState("");
  const [whole, setWhole] = useState(false);
  const [chosen, setChosen] = useState<string[]>(["records:read"]);
  const [days, setDays] = useState<number>(90);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const make = async () => {
    if (!name.trim() || busy) return;
    setBusy(true);
    try {
      const { data } = await api.post<{ token: string }>("/tokens", {
        name: name.trim(),
        ...(whole ? {} : { scopes: chosen }),
        ...(days ? { expires_at: new Date(Date.now() + days * DAY).toISOString() } : {}),
      });
      setSecret(data.token);
    } catch (reason) {
      setFaults(faultsOf(reason, ["name", "scopes", "expires_at"], t("shell.offline")));
    } finally {
      setBusy(false);
    }
  };
  const copy = async () => {
    await navigator.clipboard?.writeText(secret ?? "");
    toast({ text: t("admin.copied") });
  };
  if (secret)
    return (
      <Panel
        title={name}
        onClose={onClose}
        foot={
          <>
            <Button className={styles.grow} type="primary" icon={<Copy />} onClick={() => void copy()}>
              {t("admin.copy")}
            </Button>
            <Button onClick={onClose}>{t("admin.token.kept")}</Button>
          </>
        }
      >
        <div className={styles.form}>
          <p>{t("admin.token.once")}</p>
          <p className={styles.secret} data-testid="token">
            {secret}
          </p>
          <p className={styles.help}>{t("admin.token.use")}</p>
          <p className={styles.secret} style={{ fontSize: 12 }}>
            curl -H "Authorization: Bearer {secret.slice(0, 8)}…" {window.location.origin}/api/v1/records/account
          </p>
        </div>
      </Panel>
    );
  return (
    <Panel
      title={t("admin.token.new")}
      onClose={onClose}
      foot={
        <Button
          className={styles.grow}
          type="primary"
          loading={busy}
          disabled={!name.trim() || (!whole && chosen.length === 0)}
          onClick={() => void make()}
        >
          {t("admin.token.make")}
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Banner messages={faults.others} />
        <Line label={t("admin.token.name")} required help={t("admin.token.name.help")} error={faults.fields.name}>
          {(id) => (
            <Input id={id} autoFocus value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
          )}
        </Line>
        <div>
          <div className={styles.caption}>{t("admin.token.scopes")}</div>
          <div className={styles.form} style={{ gap: 6 }}>
            <Checkbox checked={whole} onChange={(event) => setWhole(event.target.checked)}>
              {t("admin.scope.token.all")}
            </Checkbox>
            {scopes.map((scope) => (
              <Checkbox
                key={scope}
                disabled={whole}
                checked={whole || chosen.includes(scope)}
                onChange={(event) =>
                  setChosen(event.target.checked ? [...chosen, scope] : chosen.filter((one) => one !== scope))
                }
              >
                {scopeWord(scope, t)}
              </Checkbox>
            ))}
          </div>
          <p className={styles.help}>{t("admin.token.scopes.help")}</p>
        </div>
        <Line label={t("admin.token.until")} error={faults.fields.expires_at}>
          {(id) => (
            <Select
              id={id}
              style={{ width: "100%" }}
              value={days}
              onChange={setDays}
              options={LIVES.map((n) => ({
                value: n,
                label: n ? t("admin.token.days", { n }) : t("admin.token.forever"),
              }))}
            />
          )}
        </Line>
      </form>
    </Panel>
  );
}
