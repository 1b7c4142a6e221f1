/** The first run: a company, its first person, and perhaps some data to practise with. */
import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { Form, Segmented } from "antd";
import { Check } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, connection } from "../api/client";
import type { Session } from "../api/queries";
import { useLabel, useLanguage, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { Button, Icon, Switch, TextInput } from "../ui";
import { EMAIL, Fault, FieldLabel, NewPassword, openedBy, useEntry, useGoIn } from "./entry";
import { LANGUAGES } from "./me";
import { Wall } from "./Wall";
import styles from "./wall.module.css";

interface Values {
  company: string;
  name: string;
  email: string;
  password: string;
  language: string;
  sample_data: boolean;
  pack?: string;
}

interface Pack {
  name: string;
  label: Label;
  description: Label;
  icon: string;
}

interface Needed {
  needed: boolean;
  packs?: Pack[];
}

export default function Setup() {
  const t = useT();
  const { language } = useLanguage();
  const [form] = Form.useForm<Values>();
  const { busy, fault, run } = useEntry(form);
  const goIn = useGoIn();
  const [missing, setMissing] = useState<Session | null>(null);
  const label = useLabel();
  const sample = Form.useWatch("sample_data", form);
  const chosen = Form.useWatch("pack", form);
  const { data: setup } = useQuery({ queryKey: ["setup"], queryFn: () => api.get<Needed>("/setup") });
  // The workspace speaks the language of whoever sets it up, until they say otherwise.
  const said = useRef(false);
  useEffect(() => {
    if (!said.current) form.setFieldsValue({ language });
  }, [language, form]);
  if (setup && !setup.needed && !busy && !missing) return <Navigate to="/" />;

  // Said when the form is sent or a field is emptied again, not for having looked at it.
  const required = {
    required: true,
    whitespace: true,
    message: t("shell.form.required"),
    validateTrigger: "onChange",
  };
  const pack = setup?.packs?.find((one) => one.name === chosen);
  const submit = ({ pack: shape, ...values }: Values) =>
    run(async () => {
      const body = shape ? { ...values, pack: shape } : values;
      const data = await openedBy<Session & { sample_data?: "failed" }>("/setup", body, values.email);
      connection.setCsrf(data.csrf);
      if (data.sample_data === "failed") setMissing(data);
      else await goIn(data);
    });
  // The workspace stands; only what was to be practised on is not there.
  const again = () =>
    run(async () => {
      await api.post("/setup/sample_data");
      await goIn(missing);
    });
  if (missing)
    return (
      <Wall title={t("shell.setup.missing")} lead={t("shell.setup.missing.text")}>
        <Fault text={fault} />
        <div className={styles.ways}>
          <Button type="primary" size="large" loading={busy} onClick={() => void again()}>
            {t("shell.setup.missing.again")}
          </Button>
          <Button size="large" disabled={busy} onClick={() => void goIn(missing)}>
            {t("shell.setup.missing.go")}
          </Button>
        </div>
      </Wall>
    );
  return (
    <Wall title={t("shell.setup.title")} lead={t("shell.setup.lead")}>
      <Form
        form={form}
        layout="vertical"
        onFinish={submit}
        requiredMark={false}
        validateTrigger={["onBlur", "onChange"]}
        initialValues={{ language, sample_data: true, pack: "" }}
      >
        <Fault text={fault} />
        <div className={styles.pair}>
          <Form.Item name="company" label={<FieldLabel text={t("shell.setup.company")} />} rules={[required]}>
            <TextInput size="large" autoFocus autoComplete="organization" />
          </Form.Item>
          <Form.Item name="name" label={<FieldLabel text={t("shell.setup.name")} />} rules={[required]}>
            <TextInput size="large" autoComplete="name" />
          </Form.Item>
        </div>
        <Form.Item
          name="email"
          label={<FieldLabel text={t("shell.setup.email")} />}
          rules={[required, { pattern: EMAIL, message: t("shell.form.email"), validateTrigger: "onBlur" }]}
        >
          <TextInput size="large" type="email" autoComplete="username" />
        </Form.Item>
        <NewPassword />
        <Form.Item
          name="language"
          label={<FieldLabel text={t("shell.setup.language")} hint={t("shell.setup.language.hint")} />}
        >
          <Segmented
            aria-label={t("shell.setup.language")}
            block
            size="large"
            onChange={() => {
              said.current = true;
            }}
            options={LANGUAGES.map(([name, label]) => ({ value: name, label: <span lang={name}>{label}</span> }))}
          />
        </Form.Item>
        <Form.Item
          name="pack"
          label={<FieldLabel text={t("shell.setup.pack")} hint={t("shell.setup.pack.hint")} />}
          extra={pack ? label(pack.description) : t("shell.setup.pack.none.text")}
        >
          <PackChoice packs={setup?.packs ?? []} />
        </Form.Item>
        {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is its control */}
        <label className={styles.sample}>
          <Form.Item name="sample_data" valuePropName="checked" noStyle>
            <Switch size="small" />
          </Form.Item>
          <span>
            <b>{t("shell.setup.sample")}</b>
            <small>{t("shell.setup.sample.text")}</small>
          </span>
        </label>
        <Button type="primary" size="large" htmlType="submit" loading={busy} block>
          {busy ? t(sample ? "shell.setup.working.sample" : "shell.setup.working") : t("shell.setup.go")}
        </Button>
        <p className={styles.hint}>
          {t("shell.setup.after")}
          <br />
          {t("shell.setup.backup")} <code>guanxi restore</code>
        </p>
      </Form>
    </Wall>
  );
}

interface PackChoiceProps {
  packs: Pack[];
  /** Of the form. */
  id?: string;
  value?: string;
  onChange?: (name: string) => void;
}

/** What one sells, each in sight: one does not know the words of a list that one has to open. */
function PackChoice({ packs, id, value = "", onChange }: PackChoiceProps) {
  const t = useT();
  const label = useLabel();
  const all = [
    { name: "", icon: "layers", text: t("shell.setup.pack.none") },
    ...packs.map((one) => ({ name: one.name, icon: one.icon, text: label(one.label, one.name) })),
  ];
  return (
    <div id={id} className={styles.packs} role="radiogroup" aria-label={t("shell.setup.pack")}>
      {all.map(({ name, icon, text }) => (
        <label key={name} className={styles.pack}>
          <input type="radio" className="sr" name="pack" checked={name === value} onChange={() => onChange?.(name)} />
          <Icon name={icon} />
          <span>{text}</span>
          {name === value && <Check aria-hidden />}
        </label>
      ))}
    </div>
  );
}
