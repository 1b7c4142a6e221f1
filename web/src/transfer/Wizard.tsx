/** A file that is there: its columns are matched, then checked, then imported. */
import type { ObjectDef } from "../schema/catalog";
import { CheckStep } from "./CheckStep";
import { MappingStep } from "./MappingStep";
import type { Upload } from "./model";
import { type Step, useChoices } from "./state";

export interface StepProps {
  object: ObjectDef;
  upload: Upload;
  choices: ReturnType<typeof useChoices>[0];
  onChange: ReturnType<typeof useChoices>[1];
}

export function Wizard({ object, upload, step }: { object: ObjectDef; upload: Upload; step: Step }) {
  const [choices, onChange] = useChoices(upload, object.name);
  const props = { object, upload, choices, onChange };
  return step === "check" ? <CheckStep {...props} /> : <MappingStep {...props} />;
}
