/** A few fields that a change needs first, asked where it was made: a stage's required fields, a wrong value. */
import { Form } from "antd";
import { AlertTriangle } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../api/client";
import type { Values } from "../api/writes";
import { twin } from "../fields";
import { useLabel, useT } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { themed } from "../theme/Themed";
import { Modal } from "../ui/antd";
import { written } from "./EditCell";
import styles from "./list.module.css";
import { gateFields } from "./useRules";

interface MissingFieldsProps {
  object: ObjectDef;
  record: RecordData;
  error: ApiError;
  title: string;
  /** Throws what the server still refuses. */
  onSave: (values: Values) => Promise<void>;
  onCancel: () => void;
}

export default themed(function MissingFields({ object, record, error, title, onSave, onCancel }: MissingFieldsProps) {
  const t = useT();
  const label = useLabel();
  const [values, setValues] = useState<Values>({});
  const [fault, setFault] = useState(error);
  const [busy, setBusy] = useState(false);
  const wanted = new Set(gateFields(object, error, label));
  // Where it was moved to is settled: what a gate says of that is told, and not asked.
  const asked = object.fields.filter(
    (field) =>
      !field.readonly &&
      field.type !== "stage" &&
      (field.name in values || field.name in error.fields || field.name in fault.fields || wanted.has(field.name)),
  );
  const others = fault.errors.filter((problem) => !asked.some((field) => field.name === problem.field));
  const save = async () => {
    setBusy(true);
    try {
      await onSave(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, written(value)])));
    } catch (reason) {
      if (reason instanceof ApiError) setFault(reason);
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={440}
      title={title}
      okText={t("list.missing.save")}
      cancelText={t("list.missing.back")}
      confirmLoading={busy}
      okButtonProps={{ disabled: asked.length === 0 }}
      onOk={() => void save()}
      onCancel={onCancel}
    >
      <Form layout="vertical" requiredMark={false}>
        {others.map((problem) => (
          <p key={problem.message} className={styles.fault} role="alert">
            <AlertTriangle /> {problem.message}
          </p>
        ))}
        {asked.map((field, at) => {
          const { Input } = twin(field);
          // At first it is only asked for; it is a mistake once it was left out.
          const problem = fault.errors.find((one) => one.field === field.name);
          const message =
            problem?.code === "required" ? (fault === error ? undefined : t("shell.form.required")) : problem?.message;
          return (
            <Form.Item
              key={field.name}
              label={label(field.label, field.name)}
              htmlFor={`missing-${field.name}`}
              validateStatus={message && !(field.name in values) ? "error" : undefined}
              help={message}
            >
              <Input
                id={`missing-${field.name}`}
                field={field}
                value={field.name in values ? values[field.name] : record[field.name]}
                values={{ ...record, ...values }}
                autoFocus={at === 0}
                onChange={(value, more) => setValues((old) => ({ ...old, [field.name]: value, ...more }))}
              />
            </Form.Item>
          );
        })}
      </Form>
    </Modal>
  );
});
