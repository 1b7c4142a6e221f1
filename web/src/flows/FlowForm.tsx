/** A form that starts a flow, filled in by whoever works here; what the flow made is one click away. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client";
import { touchRecords, useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { AskDrawer } from "../records/AskDrawer";
import { NONE, problemsOf } from "../records/FormDrawer";
import { blankOf, filledIn } from "../records/FormFields";
import type { FlowForm as Form } from "../schema/catalog";
import { useHere, useRefusal, useToast } from "../ui";

interface Outcome {
  state: string;
  made: { object: string; id: string; title: string | null } | null;
}

/** Until when one looks for what a flow made, in milliseconds between looks. */
const LOOKS = [200, 400, 800, 1600];

async function outcomeOf(run: string): Promise<Outcome | null> {
  for (const wait of LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const found = await api.get<Outcome>(`/flows/sent/${run}`).catch(() => null);
    if (!found || found.made || found.state !== "running") return found;
  }
  return null;
}

/** `preview`: it is looked at only. */
export default function FlowForm({ form, preview, onClose }: { form: Form; preview?: boolean; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const refuse = useRefusal();
  const here = useHere();
  const [values, setValues] = useState<Record<string, unknown>>(() => blankOf(form.input, catalog));
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    if (busy || preview) return;
    setBusy(true);
    setProblems(NONE);
    try {
      const { data } = await api.make<{ run: string }>(`/flows/${form.flow}/start`, {
        input: filledIn(values, form.input),
      });
      const found = await outcomeOf(data.run);
      await touchRecords(client);
      const made = found?.made;
      if (found?.state === "failed") toast({ text: t("flow.form.failed"), tone: "danger" });
      else
        toast({
          text: t("flow.form.sent", { name: label(form.label, form.name) }),
          action: made
            ? {
                label: t("record.open", {
                  title: made.title || label(catalog.object(made.object)?.label, made.object),
                }),
                run: () => void navigate({ to: "/o/$object/$id", params: { object: made.object, id: made.id } }),
              }
            : undefined,
        });
      if (here.current) onClose();
    } catch (reason) {
      if (!here.current) return refuse(reason);
      setProblems(problemsOf(reason, form.input, t));
    } finally {
      setBusy(false);
    }
  };
  return (
    <AskDrawer
      title={label(form.label, form.name)}
      submit={t("flow.form.send")}
      fields={form.input}
      values={values}
      problems={problems}
      busy={busy}
      disabled={preview}
      onChange={(changes) => setValues({ ...values, ...changes })}
      onProblems={setProblems}
      onSubmit={() => void send()}
      onClose={onClose}
    />
  );
}
