/** A webhook as it is made and changed. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import { Button, useAsk } from "../ui";
import styles from "./admin.module.css";
import { FormPanel, SecretPanel, useForm } from "./Form";
import { Toggle } from "./Table";
import { lines, useAct, type Webhook } from "./webhook";

const KINDS = ["created", "changed", "removed"] as const;

const headersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const at = line.indexOf(":");
        return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );

export function Shape({ hook, onClose }: { hook?: Webhook; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const act = useAct();
  const ask = useAsk();
  const navigate = useNavigate();
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm({
    name: hook?.name ?? "",
    url: hook?.url ?? "https://",
    objects: hook?.objects ?? [],
    kinds: hook?.kinds ?? [...KINDS],
    fields: hook?.fields ?? [],
    filter: hook?.filter ?? null,
    thin: hook?.thin ?? false,
    headers: lines(hook?.headers ?? {}),
    active: hook?.active ?? true,
  });
  const { draft } = form;
  const single = draft.objects.length === 1 ? catalog.object(draft.objects[0] ?? "") : undefined;
  const save = async () => {
    const body = {
      ...draft,
      name: draft.name.trim(),
      url: draft.url.trim(),
      headers: headersOf(draft.headers),
      fields: single ? draft.fields : [],
      filter: single ? draft.filter : null,
    };
    if (hook) {
      await api.patch(`/webhooks/${hook.id}`, body, hook.edit);
      await act(async () => undefined, t("admin.hook.saved", { name: body.name }));
      onClose();
    } else {
      const { data } = await api.post<{ secret: string }>("/webhooks", body);
      setSecret(data.secret);
    }
  };
  const remove = async (given: Webhook) => {
    const wanted = await ask({
      title: t("admin.hook.ask", { name: given.name }),
      text: t("admin.hook.ask.text"),
      go: t("admin.hook.remove"),
    });
    const done =
      wanted && (await act(() => api.del(`/webhooks/${given.id}`), t("admin.hook.removed", { name: given.name })));
    if (done) await navigate({ to: "/settings/$", params: { _splat: "webhooks" } });
  };
  if (secret)
    return (
      <SecretPanel
        title={draft.name}
        text={t("admin.hook.once")}
        secret={secret}
        close={t("admin.token.kept")}
        onClose={onClose}
      >
        <p className={styles.help}>{t("admin.hook.verify")}</p>
      </SecretPanel>
    );
  return (
    <FormPanel
      form={form}
      title={hook ? t("admin.hook.edit") : t("admin.hook.new")}
      onClose={onClose}
      submit={hook ? t("admin.hook.save") : t("admin.hook.make")}
      ready={Boolean(draft.name.trim()) && draft.url.length > 8 && draft.kinds.length > 0}
      onSubmit={save}
      acts={
        hook && (
          <>
            <Button
              onClick={() =>
                void act(async () =>
                  setSecret((await api.post<{ secret: string }>(`/webhooks/${hook.id}/rotate`, {})).data.secret),
                )
              }
            >
              {t("admin.hook.rotate")}
            </Button>
            <Button danger onClick={() => void remove(hook)}>
              {t("admin.hook.remove")}
            </Button>
          </>
        )
      }
      lines={[
        { name: "name", label: t("admin.hook.name"), required: true, autoFocus: !hook, max: 100 },
        {
          name: "url",
          label: t("admin.hook.url"),
          required: true,
          help: t("admin.hook.url.help"),
          kind: "code",
          max: 2000,
        },
        {
          name: "objects",
          label: t("admin.hook.objects"),
          many: true,
          placeholder: t("admin.hook.objects.all"),
          options: catalog.objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) })),
        },
        {
          name: "kinds",
          label: t("admin.hook.kinds"),
          required: true,
          many: true,
          options: KINDS.map((kind) => ({ value: kind, label: t(`admin.hook.kind.${kind}`) })),
        },
        single && {
          name: "fields",
          label: t("admin.hook.fields"),
          help: t("admin.hook.fields.help"),
          many: true,
          placeholder: t("admin.hook.fields.any"),
          options: single.fields.map((field) => ({ value: field.name, label: label(field.label, field.name) })),
        },
        single && {
          name: "filter",
          label: t("admin.hook.filter"),
          render: () => (
            <Conditions object={single} filter={draft.filter} onChange={(filter) => form.set({ filter })} />
          ),
        },
        {
          name: "headers",
          label: t("admin.hook.headers"),
          kind: "area",
          help: t("admin.hook.headers.help"),
          placeholder: "Authorization: Bearer {secret.partner}",
          max: 4000,
        },
        {
          name: "thin",
          label: t("admin.hook.more"),
          render: () => (
            <>
              <Toggle
                label={t("admin.hook.thin")}
                help={t("admin.hook.thin.help")}
                checked={draft.thin}
                onChange={(thin) => form.set({ thin })}
              />
              {hook && (
                <Toggle
                  label={t("admin.hook.active")}
                  checked={draft.active}
                  onChange={(active) => form.set({ active })}
                />
              )}
            </>
          ),
        },
      ]}
    />
  );
}
