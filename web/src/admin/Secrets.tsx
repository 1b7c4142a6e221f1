/** Secrets that are sent along by name: put in, put anew, taken out, never shown. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { useT } from "../i18n";
import { Begin, Button, Nothing, useAsk, useToast } from "../ui";
import styles from "./admin.module.css";
import { FormPanel, useForm } from "./Form";
import { Section } from "./Section";
import { Answered, DataTable, When } from "./Table";

interface Secret {
  name: string;
  set_at: string;
  set_by: { id: string; title: string | null } | null;
  used_at: string | null;
}

const SECRETS = ["secrets"] as const;

export default function Secrets() {
  const t = useT();
  const toast = useToast();
  const ask = useAsk();
  const client = useQueryClient();
  const [open, setOpen] = useState<string | null>(null);
  const found = useQuery({
    queryKey: SECRETS,
    queryFn: ({ signal }) => api.get<{ data: Secret[] }>("/secrets", undefined, signal),
  });
  const secrets = found.data?.data ?? [];
  const again = () => client.invalidateQueries({ queryKey: SECRETS });
  const remove = async (secret: Secret) => {
    const wanted = await ask({
      title: t("admin.secret.ask", { name: secret.name }),
      text: t("admin.secret.ask.text", { place: `{secret.${secret.name}}` }),
      go: t("admin.secret.remove"),
    });
    if (!wanted) return;
    try {
      await api.del(`/secrets/${secret.name}`);
      toast({ text: t("admin.secret.removed", { name: secret.name }) });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
    await again();
  };
  const begin = <Begin onClick={() => setOpen("")}>{t("admin.secret.new")}</Begin>;
  return (
    <Section
      title={t("admin.secrets")}
      lead={t("admin.secrets.lead")}
      actions={begin}
      panel={
        open !== null ? (
          <Keep
            key={open}
            name={open}
            onClose={() => {
              setOpen((now) => (now === open ? null : now));
              void again();
            }}
          />
        ) : undefined
      }
    >
      <Answered of={found} empty={secrets.length === 0 && <Nothing of="admin.secrets.none" action={begin} />}>
        <DataTable
          rows={secrets}
          name={(secret) => secret.name}
          title={(secret) => secret.name}
          columns={[
            { head: t("admin.secret.name"), cell: (secret) => <span className={styles.mono}>{secret.name}</span> },
            { head: t("admin.secret.set"), cell: (secret) => <When at={secret.set_at} />, soft: true },
            { head: t("admin.secret.by"), cell: (secret) => secret.set_by?.title, hide: "phone" },
            {
              head: t("admin.secret.used"),
              cell: (secret) => (secret.used_at ? <When at={secret.used_at} /> : t("admin.token.never")),
              soft: true,
              hide: "phone",
            },
            {
              head: t("admin.col.acts"),
              acts: true,
              cell: (secret) => (
                <>
                  <Button size="small" onClick={() => setOpen(secret.name)}>
                    {t("admin.secret.replace")}
                  </Button>{" "}
                  <Button size="small" danger onClick={() => void remove(secret)}>
                    {t("admin.secret.remove")}
                  </Button>
                </>
              ),
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

function Keep({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const form = useForm({ name, value: "" });
  const { draft } = form;
  return (
    <FormPanel
      form={form}
      title={name ? t("admin.secret.replace.of", { name }) : t("admin.secret.new")}
      onClose={onClose}
      submit={t("admin.secret.keep")}
      ready={/^[a-z][a-z0-9_]*$/.test(draft.name) && draft.value !== ""}
      onSubmit={async () => {
        await api.put(`/secrets/${draft.name}`, { value: draft.value });
        toast({ text: t("admin.secret.kept", { name: draft.name }) });
        onClose();
      }}
      lines={[
        {
          name: "name",
          label: t("admin.secret.name"),
          required: true,
          kind: "code",
          disabled: Boolean(name),
          autoFocus: !name,
          max: 40,
          help: t("admin.secret.name.help", { place: `{secret.${draft.name || "partner"}}` }),
        },
        {
          name: "value",
          label: t("admin.secret.value"),
          required: true,
          kind: "password",
          help: t("admin.secret.value.help"),
        },
      ]}
    />
  );
}
