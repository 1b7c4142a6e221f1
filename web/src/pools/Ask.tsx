/** What an act of pools on several records wants to know: the same that it asks of one. */
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { AskDrawer } from "../records/AskDrawer";
import { NONE } from "../records/FormDrawer";
import { blankOf, filledIn } from "../records/FormFields";
import type { Action } from "../schema/catalog";

interface AskProps {
  title: string;
  verb: Action;
  onRun: (more: Record<string, unknown>) => Promise<void>;
  onClose: () => void;
}

export default function Ask({ title, verb, onRun, onClose }: AskProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [typed, setTyped] = useState<Record<string, unknown>>({});
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const values = { ...blankOf(verb.input, catalog), ...typed };
  const submit = async () => {
    const missing = verb.input.filter((field) => field.required && !values[field.name]);
    if (missing.length) {
      const fields = Object.fromEntries(missing.map((field) => [field.name, t("shell.form.required")]));
      setProblems({ ...NONE, fields });
      return;
    }
    const { to, ...more } = filledIn(values, verb.input);
    setBusy(true);
    await onRun(to ? { ...more, to: [to] } : more);
    setBusy(false);
  };
  return (
    <AskDrawer
      title={title}
      submit={label(verb.label, verb.name)}
      fields={verb.input}
      values={values}
      problems={problems}
      busy={busy}
      onChange={(changes) => setTyped((before) => ({ ...before, ...changes }))}
      onProblems={setProblems}
      onSubmit={() => void submit()}
      onClose={onClose}
    />
  );
}
