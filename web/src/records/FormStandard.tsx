/** What the standard form made of what is being typed, on a quiet line under the field. */
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { isEmpty, twin, useFormatContext } from "../fields";
import type { Values } from "../fields/twin";
import type { Field, ObjectDef } from "../schema/catalog";
import styles from "./Form.module.css";
import type { Standard } from "./useRules";

const plain = (text: string): string => text.replace(/\s+/g, "");

/** Notes by field, where the form says more or other than what stands in the field; what others have to say comes first. */
export function useStandardNotes(
  object: ObjectDef,
  values: Values,
  standard: Readonly<Record<string, Standard>>,
  notes: Readonly<Record<string, ReactNode>>,
  onTake: (field: Field, value: unknown) => void,
): Record<string, ReactNode> {
  const ctx = useFormatContext();
  const out: Record<string, ReactNode> = { ...notes };
  for (const field of object.fields) {
    const found = standard[field.name];
    const typed = values[field.name];
    if (!found || isEmpty(typed)) continue;
    const { format, told } = twin(field);
    const say = (value: unknown, parts: Values) => (told ? told(value, parts, ctx) : format(value, field, ctx));
    const words = found.message ?? say(found.value, found.parts ?? {});
    const same = !found.message && plain(words) === plain(typeof typed === "string" ? typed : say(typed, {}));
    const guess = isEmpty(found.guess) ? "" : say(found.guess, {});
    if (same && !guess) continue;
    out[field.name] = (
      <>
        {notes[field.name]}
        <p className={found.message ? styles.unfit : styles.standard} aria-live="polite" data-standard={field.name}>
          {!found.message && !guess && <Check aria-hidden />}
          {guess ? (
            <>
              {ctx.t("record.standard.guess", { words: guess })}
              <button type="button" onClick={() => onTake(field, found.guess)}>
                {ctx.t("record.standard.take")}
              </button>
            </>
          ) : (
            words
          )}
        </p>
      </>
    );
  }
  return out;
}
