/** Where an invitation's link leads: a password, and one is in. */
import { useParams } from "@tanstack/react-router";
import { Button, Form } from "antd";
import { ApiError, api } from "../api/client";
import type { Session } from "../api/queries";
import { useT } from "../i18n";
import { Fault, NewPassword, useEntry, useGoIn } from "./entry";
import { Wall } from "./Wall";

export default function Invitation() {
  const t = useT();
  const { token } = useParams({ from: "/invitation/$token" });
  const [form] = Form.useForm<{ password: string }>();
  const { busy, fault, run } = useEntry(form);
  const goIn = useGoIn();
  const submit = (values: { password: string }) =>
    run(async () => {
      try {
        const { data } = await api.post<Session | null>(`/invitations/${encodeURIComponent(token)}`, values);
        await goIn(data?.csrf ? data : null);
      } catch (reason) {
        if (reason instanceof ApiError && [403, 404, 409, 410].includes(reason.status))
          throw new ApiError(reason.status, t("shell.invitation.bad"));
        throw reason;
      }
    });
  return (
    <Wall title={t("shell.invitation.title")} lead={t("shell.invitation.lead")}>
      <Form form={form} layout="vertical" onFinish={submit} requiredMark={false}>
        <Fault text={fault} />
        <NewPassword />
        <Button type="primary" size="large" htmlType="submit" loading={busy} block>
          {t("shell.invitation.go")}
        </Button>
      </Form>
    </Wall>
  );
}
