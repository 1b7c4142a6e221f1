/** Where an invitation's link leads: a password, and one is in. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Form } from "antd";
import { ApiError, api } from "../api/client";
import type { Session } from "../api/queries";
import { useT } from "../i18n";
import { Button, ButtonLink, TextInput } from "../ui";
import { Fault, FieldLabel, isOver, NewPassword, openedBy, useEntry, useGoIn } from "./entry";
import { Wall } from "./Wall";

export default function Invitation() {
  const t = useT();
  const { token } = useParams({ from: "/invitation/$token" });
  const [form] = Form.useForm<{ password: string }>();
  const { busy, fault, run } = useEntry(form);
  const goIn = useGoIn();
  const path = `/invitations/${encodeURIComponent(token)}`;
  const { data: guest, error } = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => api.get<{ name: string; email: string; company: string }>(path),
  });
  const submit = (values: { password: string }) =>
    run(async () => {
      try {
        await goIn(await openedBy<Session>(path, values, guest?.email));
      } catch (reason) {
        throw isOver(reason) ? new ApiError(404, t("shell.invitation.bad")) : reason;
      }
    });
  const title = guest ? t("shell.invitation.title.name", { name: guest.name }) : t("shell.invitation.title");
  if (isOver(error)) {
    return (
      <Wall title={t("shell.invitation.title")} lead="">
        <Fault text={t("shell.invitation.bad")} />
        <ButtonLink to="/sign-in">{t("shell.invitation.known")}</ButtonLink>
      </Wall>
    );
  }
  return (
    <Wall title={title} lead={t("shell.invitation.lead", { company: guest?.company ?? "" })}>
      <Form form={form} layout="vertical" onFinish={submit} requiredMark={false}>
        <Fault text={fault} />
        {/* Not to be typed, but to be kept: what one signs in with later, for who reads it and for what keeps passwords. */}
        <Form.Item label={<FieldLabel text={t("shell.signIn.email")} />} htmlFor="email">
          <TextInput size="large" id="email" type="email" autoComplete="username" value={guest?.email ?? ""} readOnly />
        </Form.Item>
        <NewPassword />
        <Button type="primary" size="large" htmlType="submit" loading={busy} block>
          {t("shell.invitation.go")}
        </Button>
      </Form>
    </Wall>
  );
}
