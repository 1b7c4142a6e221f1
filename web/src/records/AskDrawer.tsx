/** A drawer that asks for fields which are no record's own: those of an action, or of a form. */
import type { Field } from "../schema/catalog";
import { FormDrawer, type Problems, without } from "./FormDrawer";
import { FormSections } from "./FormFields";

interface AskProps {
  title: string;
  /** On the button. */
  submit: string;
  fields: Field[];
  values: Record<string, unknown>;
  problems: Problems;
  busy: boolean;
  disabled?: boolean;
  onChange: (changes: Record<string, unknown>) => void;
  onProblems: (problems: Problems) => void;
  onSubmit: () => void;
  onClose: () => void;
}

export function AskDrawer({ fields, values, onChange, onProblems, ...drawer }: AskProps) {
  return (
    <FormDrawer width={440} {...drawer}>
      <FormSections
        sections={[{ label: "", fields: fields.filter((field) => !field.of) }]}
        values={values}
        errors={drawer.problems.fields}
        focus={fields[0]?.name}
        onChange={(field, value, more) => {
          onChange({ [field.name]: value, ...more });
          onProblems(without(drawer.problems, field.name));
        }}
      />
    </FormDrawer>
  );
}
