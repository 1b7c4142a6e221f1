/** My account: name, language, time zone, theme, password. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import { api } from "../api/client";
import { keys, useMe, useRefreshCatalog } from "../api/queries";
import { type Language, useFormat, useLanguage, useT } from "../i18n";
import { LANGUAGES, useChooseLanguage } from "../shell/TopBar";
import { type ThemeChoice, useTheme } from "../theme/theme";
import { useToast } from "../ui";
import styles from "./admin.module.css";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Section } from "./Section";

/** Time zones with what the clock shows there, those of the reader's own continent first. */
function useZones(current: string) {
  const f = useFormat();
  return useMemo(() => {
    const zones = Intl.supportedValuesOf("timeZone");
    const now = new Date();
    const home = current.split("/")[0];
    return [...new Set([current, ...zones])]
      .filter(Boolean)
      .sort((a, b) => Number(b.startsWith(`${home}/`)) - Number(a.startsWith(`${home}/`)) || a.localeCompare(b))
      .map((zone) => {
        let clock = "";
        try {
          clock = new Intl.DateTimeFormat(f.locale.language, {
            timeZone: zone,
            hour: "2-digit",
            minute: "2-digit",
            hour12: false,
          }).format(now);
        } catch {
          // A zone that this browser does not know is still shown by its name.
        }
        return { value: zone, label: zone.replaceAll("_", " "), clock };
      });
  }, [current, f]);
}

export function Me() {
  const t = useT();
  const me = useMe();
  const toast = useToast();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const { language } = useLanguage();
  const choose = useChooseLanguage();
  const { theme, setTheme } = useTheme();
  const zones = useZones(me.timezone);
  const [name, setName] = useState(me.name);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [now, setNow] = useState("");
  const [next, setNext] = useState("");
  const [busy, setBusy] = useState(false);

  const send = async (values: Record<string, unknown>, done: string): Promise<boolean> => {
    setFaults(NO_FAULTS);
    setBusy(true);
    try {
      await api.patch("/session", values);
      await client.invalidateQueries({ queryKey: keys.session });
      await refresh();
      toast({ text: done });
      return true;
    } catch (reason) {
      setFaults(faultsOf(reason, ["name", "timezone", "password", "current_password"], t("shell.offline")));
      return false;
    } finally {
      setBusy(false);
    }
  };

  return (
    <Section title={t("shell.me")} padded>
      <div className={styles.blocks} style={{ paddingTop: 8 }}>
        <Banner messages={faults.others} />
        <form
          className={`${styles.form} ${styles.narrow}`}
          onSubmit={(event) => {
            event.preventDefault();
            void send({ name: name.trim() }, t("admin.me.saved"));
          }}
        >
          <Line label={t("admin.col.user")} error={faults.fields.name}>
            {(id) => (
              <span style={{ display: "flex", gap: 8 }}>
                <Input id={id} value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
                {name.trim() !== me.name && (
                  <Button type="primary" htmlType="submit" disabled={!name.trim()} loading={busy}>
                    {t("admin.save")}
                  </Button>
                )}
              </span>
            )}
          </Line>
          <Line label={t("admin.col.email")} help={t("admin.me.email")}>
            {(id) => <Input id={id} value={me.email} disabled />}
          </Line>
          <Line label={t("shell.language")}>
            {() => (
              <div>
                <Segmented
                  aria-label={t("shell.language")}
                  value={language}
                  onChange={(value) => choose(value as Language)}
                  options={LANGUAGES.map(([value, text]) => ({ value, label: <span lang={value}>{text}</span> }))}
                />
              </div>
            )}
          </Line>
          <Line label={t("admin.me.timezone")} help={t("admin.me.timezone.help")} error={faults.fields.timezone}>
            {(id) => (
              <Select
                id={id}
                style={{ width: "100%" }}
                showSearch={{ optionFilterProp: "label" }}
                value={me.timezone}
                onChange={(timezone: string) => void send({ timezone }, t("admin.me.saved"))}
                options={zones}
                optionRender={({ data }) => (
                  <span style={{ display: "flex", justifyContent: "space-between", gap: 16 }}>
                    <span>{data.label}</span>
                    <span className={`${styles.soft} num`}>{data.clock}</span>
                  </span>
                )}
              />
            )}
          </Line>
          <Line label={t("shell.theme")}>
            {() => (
              <div>
                <Segmented
                  aria-label={t("shell.theme")}
                  value={theme}
                  onChange={(value) => {
                    setTheme(value as ThemeChoice);
                    void api.patch("/session", { theme: value }).catch(() => undefined);
                  }}
                  options={(["light", "dark", "system"] as const).map((value) => ({
                    value,
                    label: t(`shell.theme.${value}`),
                  }))}
                />
              </div>
            )}
          </Line>
        </form>
        <form
          className={`${styles.form} ${styles.narrow}`}
          onSubmit={(event) => {
            event.preventDefault();
            void send({ password: next, current_password: now }, t("admin.me.password.saved")).then((ok) => {
              if (!ok) return;
              setNow("");
              setNext("");
            });
          }}
        >
          <h2 className={styles.group}>{t("admin.me.password")}</h2>
          <Line label={t("admin.me.password.now")} error={faults.fields.current_password}>
            {(id) => (
              <Input.Password
                id={id}
                autoComplete="current-password"
                value={now}
                status={faults.fields.current_password ? "error" : undefined}
                onChange={(event) => setNow(event.target.value)}
              />
            )}
          </Line>
          <Line label={t("admin.password.new")} help={t("shell.setup.password.hint")} error={faults.fields.password}>
            {(id) => (
              <Input.Password
                id={id}
                autoComplete="new-password"
                value={next}
                maxLength={256}
                status={faults.fields.password ? "error" : undefined}
                onChange={(event) => setNext(event.target.value)}
              />
            )}
          </Line>
          <div>
            <Button htmlType="submit" disabled={!now || !next} loading={busy}>
              {t("admin.me.password.change")}
            </Button>
          </div>
        </form>
      </div>
    </Section>
  );
}
