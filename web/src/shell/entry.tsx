/** What the screens before one is in have in common: a form whose mistakes are said at the field. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Form, type FormInstance } from "antd";
import { AlertTriangle, Check } from "lucide-react";
import { useState } from "react";
import { ApiError, api, connection } from "../api/client";
import type { Session } from "../api/queries";
import { type Key, useT } from "../i18n";
import { cx, PasswordInput } from "../ui";
import styles from "./wall.module.css";

export const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
export const PASSWORD_MIN = 10;

/** Sends the form; puts the server's messages at their fields, or above the form. */
export function useEntry<Values extends object>(form: FormInstance<Values>) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setFault(null);
    try {
      await act();
    } catch (reason) {
      const error = reason instanceof ApiError ? reason : new ApiError(500, t("shell.error.text"));
      const named = error.errors.filter((problem) => problem.field && form.getFieldInstance(problem.field as never));
      form.setFields(named.map((problem) => ({ name: problem.field as never, errors: [problem.message] })));
      if (!named.length)
        setFault(error.status === 0 ? t("shell.error.offline") : (error.errors[0]?.message ?? error.message));
    } finally {
      setBusy(false);
    }
  };
  return { busy, fault, run };
}

export const isOver = (reason: unknown): boolean =>
  reason instanceof ApiError && [403, 404, 409, 410].includes(reason.status);

/** A session from what can be done once. Where it was, and the answer was lost on the way, who knows the password goes in. */
export async function openedBy<Answer extends Session>(
  path: string,
  values: { password: string },
  email: string | undefined,
): Promise<Answer> {
  try {
    return (await api.post<Answer>(path, values)).data;
  } catch (reason) {
    if (!isOver(reason) || !email) throw reason;
    const known = api.post<Answer>("/session", { email, password: values.password });
    return known.then(
      ({ data }) => data,
      () => Promise.reject(reason),
    );
  }
}

/** Goes in with a fresh session: nothing of the last person stays in memory. */
export function useGoIn(): (session: Session | null, next?: string) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (session, next) => {
    client.clear();
    connection.setCsrf(session?.csrf ?? null);
    await navigate({ href: next ?? "/", replace: true } as never);
  };
}

export function Fault({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <div className={styles.fault} role="alert">
      <AlertTriangle />
      {text}
    </div>
  );
}

export function FieldLabel({ text, hint }: { text: string; hint?: string }) {
  return (
    <span className={styles.label}>
      {text}
      {hint && <span>{hint}</span>}
    </span>
  );
}

/** Length counts most, then variety: enough to tell a sentence from `password1234`. */
export function strength(password: string): "weak" | "fair" | "strong" | null {
  if (!password) return null;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w]|_/, /[^\x20-\x7e]/].filter((kind) => kind.test(password)).length;
  const different = new Set(password).size;
  if (password.length < PASSWORD_MIN || different < 6) return "weak";
  return password.length + kinds * 3 + different >= 36 ? "strong" : "fair";
}

export function NewPassword() {
  const t = useT();
  const password = Form.useWatch("password") as string | undefined;
  const found = strength(password ?? "");
  return (
    <Form.Item
      name="password"
      label={<FieldLabel text={t("shell.setup.password")} hint={t("shell.setup.password.hint")} />}
      rules={[
        { required: true, message: t("shell.form.required"), validateTrigger: "onChange" },
        { min: PASSWORD_MIN, message: t("shell.form.password"), validateTrigger: "onBlur" },
      ]}
      validateTrigger={["onBlur", "onChange"]}
      required={false}
    >
      <PasswordInput
        size="large"
        autoComplete="new-password"
        suffix={
          found && (
            <span className={cx(styles.strength, found === "strong" && styles.strong)} aria-live="polite">
              {found === "strong" && <Check />}
              {t(`shell.setup.password.${found}` as Key)}
            </span>
          )
        }
      />
    </Form.Item>
  );
}
