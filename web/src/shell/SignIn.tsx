import { useSearch } from "@tanstack/react-router";
import { Form } from "antd";
import { useState } from "react";
import { api, connection } from "../api/client";
import type { Session } from "../api/queries";
import { type Language, useT } from "../i18n";
import { Button, PasswordInput, TextInput } from "../ui";
import { Fault, FieldLabel, useEntry, useGoIn } from "./entry";
import { Wall } from "./Wall";
import styles from "./wall.module.css";

interface Values {
  email: string;
  password: string;
}

export default function SignIn() {
  const t = useT();
  const [form] = Form.useForm<Values>();
  const { busy, fault, run } = useEntry(form);
  const goIn = useGoIn();
  const { next } = useSearch({ from: "/sign-in" });
  // A language chosen on this screen is the account's from then on.
  const [chosen, setChosen] = useState<Language | null>(null);
  const required = [{ required: true, message: t("shell.form.required") }];
  const submit = (values: Values) =>
    run(async () => {
      const { data } = await api.post<Session>("/session", values);
      connection.setCsrf(data.csrf);
      if (chosen && chosen !== data.user.language) await api.patch("/session", { language: chosen });
      await goIn(data, next);
    });
  return (
    <Wall title={t("shell.signIn.title")} lead={t("shell.signIn.lead")} onLanguage={setChosen}>
      <Form form={form} layout="vertical" onFinish={submit} requiredMark={false} validateTrigger="onSubmit">
        <Fault text={fault} />
        <Form.Item name="email" label={<FieldLabel text={t("shell.signIn.email")} />} rules={required}>
          <TextInput size="large" type="email" autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item name="password" label={<FieldLabel text={t("shell.signIn.password")} />} rules={required}>
          <PasswordInput size="large" autoComplete="current-password" />
        </Form.Item>
        <Button type="primary" size="large" htmlType="submit" loading={busy} block>
          {t("shell.signIn.go")}
        </Button>
        <p className={styles.hint}>{t("shell.signIn.forgot")}</p>
      </Form>
    </Wall>
  );
}
