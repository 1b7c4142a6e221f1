/** Filling a form from the text of a business card: what was understood is shown, put right, and only then taken over. */
import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect, useId, useMemo, useState } from "react";
import { api } from "../api/client";
import { keys, type Page, useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { learnTitle } from "../fields/titles";
import type { Values } from "../fields/twin";
import { useT } from "../i18n";
import { type Catalog, type Field, type ObjectDef, type RecordData, type Ref, titleOf } from "../schema/catalog";
import { Button, TextBox } from "../ui";
import { type Card, readCard } from "./card";
import styles from "./Form.module.css";
import { FormField, writable } from "./FormFields";
import { QuickCreate } from "./forms";

// The form that this is part of, over itself.

/** What fields are called that hold what a card says. */
const NAMES: Record<Exclude<keyof Card, "name">, RegExp> = {
  company: /^(company|organi[sz]ation|employer|account)$/,
  title: /^(job_title|position|title)$/,
  department: /^department$/,
  mobile: /^(mobile|cell|cell_?phone)$/,
  phone: /^(phone|tel|telephone|office_phone|work_phone)$/,
  email: /^(e_?mail|work_email|office_email)$/,
  url: /^(website|url|site|homepage)$/,
  address: /^(address|office_address|work_address)$/,
  wechat: /^(wechat|weixin)$/,
};

/** Which field takes what; the title is the person's name where the company has a place of its own. */
function placesOf(object: ObjectDef): Map<keyof Card, Field> {
  const places = new Map<keyof Card, Field>();
  const fields = object.fields.filter(writable);
  for (const [key, pattern] of Object.entries(NAMES) as [keyof Card, RegExp][]) {
    const field = fields.find(
      (one) => pattern.test(one.name) && one.name !== object.title && one.target !== object.name,
    );
    if (field) places.set(key, field);
  }
  const title = fields.find((field) => field.name === object.title);
  if (title) places.set(places.has("company") ? "name" : "company", title);
  return places;
}

export const takesCards = (object: ObjectDef): boolean => {
  const places = placesOf(object);
  return !object.activity && ["mobile", "phone", "email"].some((key) => places.has(key as keyof Card));
};

/** Where a card names a company and the form wants a record: those of that name, of which one can be meant. */
async function named(catalog: Catalog, field: Field, name: string): Promise<Ref[]> {
  const target = catalog.object(field.target);
  if (!target) return [];
  const found = await api.read<Page>(`/records/${target.name}/query`, {
    filter: { field: target.title, op: "eq", value: name },
    fields: [target.title],
    limit: 2,
  });
  return found.data.map((row) => ({ id: row.id, title: titleOf(target, row) }));
}

interface UnknownProps {
  field: Field;
  /** What the card calls it. */
  said: string;
  onMade: (ref: Ref) => void;
}

/** A company that a card names and nobody has made yet: made here, with its name. */
export function Unknown({ field, said, onMade }: UnknownProps) {
  const t = useT();
  const target = useCatalog().object(field.target);
  const [making, setMaking] = useState(false);
  if (!target) return null;
  const made = async (id: string) => {
    setMaking(false);
    const title = titleOf(target, await api.get<RecordData>(`/records/${target.name}/${id}`));
    learnTitle(id, title);
    onMade({ id, title });
  };
  return (
    <>
      <p className={styles.standard}>
        {t(target.can.create ? "record.card.unknown" : "record.card.unknown.barred", { name: said })}
        {target.can.create && (
          <button type="button" onClick={() => setMaking(true)}>
            {t("fields.create.named", { name: said })}
          </button>
        )}
      </p>
      {making && (
        <Suspense fallback={null}>
          <QuickCreate
            object={target.name}
            values={{ [target.title]: said }}
            onDone={(id) => void made(id)}
            onClose={() => setMaking(false)}
          />
        </Suspense>
      )}
    </>
  );
}

interface FormCardProps {
  object: ObjectDef;
  /** Text that was pasted already. */
  text: string;
  /** ``unknown`` is what the card names and there is no record of, by field. */
  onFill: (values: Record<string, unknown>, unknown: Record<string, string>) => void;
  onClose: () => void;
}

export function FormCard({ object, text: pasted, onFill, onClose }: FormCardProps) {
  const ctx = useFormatContext();
  const { t } = ctx;
  const catalog = useCatalog();
  const client = useQueryClient();
  const id = useId();
  const [text, setText] = useState(pasted);
  const [mended, setMended] = useState<Record<string, unknown>>({});
  const [refs, setRefs] = useState<Record<string, Ref[]>>({});
  const places = useMemo(() => placesOf(object), [object]);
  const guesses = useMemo(() => {
    const card = readCard(text);
    const order = ({ field }: { field: Field }) => (field.name === object.title ? -1 : object.fields.indexOf(field));
    return [...places]
      .flatMap(([key, field]) => (card[key] ? [{ field, said: card[key] }] : []))
      .sort((a, b) => order(a) - order(b));
  }, [text, places, object]);

  useEffect(() => {
    let gone = false;
    for (const { field, said } of guesses) {
      if (!field.target) continue;
      void client
        .fetchQuery({
          queryKey: [...keys.records(field.target), "named", said],
          queryFn: () => named(catalog, field, said),
          staleTime: 30_000,
        })
        .then((found) => gone || setRefs((old) => ({ ...old, [field.name]: found })))
        .catch(() => undefined);
    }
    return () => {
      gone = true;
    };
  }, [guesses, client, catalog]);

  const meant = (field: Field, said: string): unknown => {
    if (field.name in mended) return mended[field.name];
    if (field.target) {
      const [ref, second] = refs[field.name] ?? [];
      return ref && !second ? ref : null;
    }
    return twin(field).read?.(said, field, ctx) ?? said;
  };
  const values: Values = Object.fromEntries(guesses.map(({ field, said }) => [field.name, meant(field, said)]));
  return (
    <section className={styles.card} aria-label={t("record.card")}>
      <label htmlFor={id}>{t("record.card.text")}</label>
      <TextBox
        autoFocus
        id={id}
        rows={5}
        value={text}
        placeholder={t("record.card.placeholder")}
        onChange={(event) => {
          setText(event.target.value);
          setMended({});
        }}
      />
      {text.trim() !== "" && (
        <p className={styles.help} role="status">
          {guesses.length ? t("record.card.found", { n: guesses.length }) : t("record.card.none")}
        </p>
      )}
      {guesses.map(({ field, said }) => (
        <FormField
          key={field.name}
          field={{ ...field, required: false }}
          value={values[field.name]}
          values={values}
          onChange={(value) => setMended({ ...mended, [field.name]: value })}
          note={
            !values[field.name] && refs[field.name]?.length === 0 ? (
              <Unknown field={field} said={said} onMade={(ref) => setMended({ ...mended, [field.name]: ref })} />
            ) : !values[field.name] && refs[field.name] ? (
              <p className={styles.help}>{t("record.card.several", { name: said })}</p>
            ) : undefined
          }
        />
      ))}
      <div className={styles.cardFoot}>
        <Button onClick={onClose}>{t("record.card.cancel")}</Button>
        <Button
          type="primary"
          disabled={guesses.length === 0}
          onClick={() =>
            onFill(
              Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== "")),
              Object.fromEntries(
                guesses
                  .filter(({ field }) => refs[field.name]?.length === 0 && !values[field.name])
                  .map(({ field, said }) => [field.name, said]),
              ),
            )
          }
        >
          {t("record.card.fill")}
        </Button>
      </div>
    </section>
  );
}
