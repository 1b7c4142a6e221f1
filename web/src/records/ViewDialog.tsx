/** What a view is called, and who sees it. */
import { Form } from "antd";
import { useState } from "react";
import { searched, usePeople } from "../api/people";
import { useCatalog } from "../api/queries";
import { useT } from "../i18n";
import { themed } from "../theme/Themed";
import { TextInput } from "../ui";
import { Modal, Select } from "../ui/antd";

interface ViewDialogProps {
  title: string;
  name?: string;
  /** Whose it is: `personal`, `shared`, or a team's id. */
  whose?: string;
  /** Whoever names it may let everybody see it. */
  shares?: boolean;
  /** It can be a team's: of any team for whoever shares with everybody, else of those that one leads. */
  teams?: boolean;
  /** What the others of the list are called. */
  others?: string[];
  /** What the button says. */
  save?: string;
  /** Throws what the server refuses. */
  onSave: (name: string, whose: string) => Promise<void>;
  onClose: () => void;
}

export default themed(function ViewDialog({
  title,
  name = "",
  whose = "personal",
  shares = true,
  teams = false,
  others = [],
  save,
  onSave,
  onClose,
}: ViewDialogProps) {
  const t = useT();
  const [form] = Form.useForm<{ name: string; whose: string }>();
  const { me } = useCatalog();
  const [typed, setTyped] = useState("");
  const found = usePeople("team", typed, whose === "personal" || whose === "shared" ? [] : [whose], {
    filter: shares ? undefined : { field: "lead", op: "eq", value: me.id },
    enabled: teams,
  });
  const [busy, setBusy] = useState(false);
  const called = (text: string) => text.normalize("NFKC").trim().toLowerCase();
  const taken = others.map(called);
  const submit = async (given: { name: string; whose: string }) => {
    if (busy) return;
    setBusy(true);
    try {
      await onSave(given.name.trim(), given.whose);
      onClose();
    } catch (reason) {
      form.setFields([{ name: "name", errors: [reason instanceof Error ? reason.message : String(reason)] }]);
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={420}
      title={title}
      okText={save ?? t("list.view.save")}
      cancelText={t("shell.cancel")}
      confirmLoading={busy}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ name, whose }} onFinish={submit}>
        <Form.Item
          name="name"
          label={t("list.view.name")}
          rules={[
            { required: true, whitespace: true, message: t("shell.form.required") },
            {
              warningOnly: true,
              validator: async (_, text = "") => {
                if (taken.includes(called(text))) throw new Error(t("list.view.alike"));
              },
            },
          ]}
        >
          <TextInput autoFocus placeholder={t("list.view.name.hint")} maxLength={80} />
        </Form.Item>
        <Form.Item
          name="whose"
          label={t("list.view.scope")}
          hidden={!shares && !found.length}
          style={{ marginBottom: 0 }}
        >
          <Select
            showSearch={teams && searched(setTyped, found)}
            options={[
              { value: "personal", label: t("list.view.personal") },
              ...(shares || whose === "shared" ? [{ value: "shared", label: t("list.view.shared") }] : []),
              ...found.map((one) => ({ value: one.id, label: t("list.view.team", { name: one.name }) })),
            ]}
          />
        </Form.Item>
        {/* The dialog's own button stands outside: without one of its own, Enter in the name would do nothing. */}
        <input type="submit" hidden />
      </Form>
    </Modal>
  );
});
