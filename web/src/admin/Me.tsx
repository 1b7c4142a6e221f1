/** My account: name, language, time zone, theme, password. */
import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "../api/client";
import { keys, useMe, useRefreshCatalog } from "../api/queries";
import { type Language, useFormat, useLanguage, useT } from "../i18n";
import { LANGUAGES, useChooseLanguage } from "../shell/me";
import { type ThemeChoice, useTheme } from "../theme/theme";
import { Button, useToast } from "../ui";
import { Segmented, Select } from "../ui/antd";
import { Away } from "./Away";
import styles from "./admin.module.css";
import { type Form, Lines, useForm } from "./Form";
import { Banner, Section } from "./Section";

/** Time zones by their names in the reader's language, with what the clock shows there, those of the own continent first. */
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
        const said: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
        try {
          const format = new Intl.DateTimeFormat(f.locale.language, {
            timeZone: zone,
            hour: "2-digit",
            minute: "2-digit",
            hourCycle: "h23",
            timeZoneName: "long",
          });
          for (const { type, value } of format.formatToParts(now)) said[type] = value;
        } catch {
          // A zone that this browser does not know is still shown by its name.
        }
        const name = zone.replaceAll("_", " ");
        const { hour, minute, timeZoneName } = said;
        return {
          value: zone,
          label: timeZoneName ? `${timeZoneName} · ${name}` : name,
          clock: hour && minute ? `${hour}:${minute}` : "",
        };
      });
  }, [current, f]);
}

export default function Me() {
  const t = useT();
  const me = useMe();
  const toast = useToast();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const { language } = useLanguage();
  const choose = useChooseLanguage();
  const { theme, setTheme } = useTheme();
  const zones = useZones(me.timezone);
  const person = useForm({ name: me.name, email: me.email, language, timezone: me.timezone, theme });
  const secret = useForm({ current_password: "", password: "" });

  const send = async (values: Record<string, unknown>, done: string) => {
    await api.patch("/session", values);
    await client.invalidateQueries({ queryKey: keys.session });
    await refresh();
    toast({ text: done });
  };
  const rename = () => send({ name: person.draft.name.trim() }, t("admin.me.saved"));
  const change = async () => {
    await send(secret.draft, t("admin.me.password.saved"));
    secret.reset();
  };
  const block = <Draft extends object>(form: Form<Draft>, act: () => Promise<unknown>) => ({
    className: `${styles.form} ${styles.narrow}`,
    onSubmit: (event: React.FormEvent) => {
      event.preventDefault();
      void form.run(act);
    },
  });

  return (
    <Section title={t("shell.me")} padded>
      <div className={styles.blocks}>
        <form {...block(person, rename)}>
          <Banner messages={person.faults.others} />
          <Lines
            form={person}
            lines={[
              { name: "name", label: t("admin.col.user") },
              { name: "email", label: t("admin.col.email"), help: t("admin.me.email"), disabled: true },
              {
                name: "language",
                label: t("shell.language"),
                render: () => (
                  <Segmented
                    aria-label={t("shell.language")}
                    value={language}
                    onChange={(value) => choose(value as Language)}
                    options={LANGUAGES.map(([value, text]) => ({ value, label: <span lang={value}>{text}</span> }))}
                  />
                ),
              },
              {
                name: "timezone",
                label: t("admin.me.timezone"),
                help: t("admin.me.timezone.help"),
                render: (id) => (
                  <Select
                    id={id}
                    className={styles.wide}
                    showSearch={{ optionFilterProp: "label" }}
                    value={me.timezone}
                    onChange={(timezone: string) => void person.run(() => send({ timezone }, t("admin.me.saved")))}
                    options={zones}
                    optionRender={({ data }) => (
                      <span className={styles.zone}>
                        <span>{data.label}</span>
                        <span className={`${styles.soft} num`}>{data.clock}</span>
                      </span>
                    )}
                  />
                ),
              },
              {
                name: "theme",
                label: t("shell.theme"),
                render: () => (
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
                ),
              },
            ]}
          />
          {person.draft.name.trim() !== me.name && (
            <div>
              <Button type="primary" htmlType="submit" disabled={!person.draft.name.trim()} loading={person.busy}>
                {t("admin.save")}
              </Button>
            </div>
          )}
        </form>
        <form {...block(secret, change)}>
          <h2 className={styles.group}>{t("admin.me.password")}</h2>
          <Banner messages={secret.faults.others} />
          <Lines
            form={secret}
            lines={[
              { name: "current_password", label: t("admin.me.password.now"), kind: "currentPassword" },
              {
                name: "password",
                label: t("admin.password.new"),
                help: t("shell.setup.password.hint"),
                kind: "password",
              },
            ]}
          />
          <div>
            <Button
              htmlType="submit"
              disabled={!secret.draft.current_password || !secret.draft.password}
              loading={secret.busy}
            >
              {t("admin.me.password.change")}
            </Button>
          </div>
        </form>
        <Away />
      </div>
    </Section>
  );
}
