/** What is set at a trigger or step: an input for each type of parameter that kinds declare. */
import type { ReactNode } from "react";
import { Line } from "../admin/Section";
import { Toggle } from "../admin/Table";
import { useLabel } from "../i18n";
import { FormLines } from "./FormLines";
import type { Around, InputProps } from "./inputs/common";
import { FlowLine, Ids, Levels, SegmentLine, Who } from "./inputs/people";
import {
  Chosen,
  Days,
  Duration,
  LabelLines,
  Names,
  NumberLine,
  SecretLine,
  TextLine,
  TimeLine,
  Words,
  Zone,
} from "./inputs/plain";
import { EventLine, FieldLine, FilterLine, Literal, ObjectLine, RefLine, Sorted } from "./inputs/records";
import { ActionLine, InputLines, Named, ValueLine, Values } from "./inputs/values";
import type { Given, Parameter } from "./model";
import { asked, type Problem } from "./model";

/** The lines of a trigger or step, with what is wrong with each. */
export function Parameters(
  props: Around & { parameters: Parameter[]; problems: Problem[]; onChange: (part: Given) => void },
) {
  const label = useLabel();
  const { parameters, given, problems, onChange } = props;
  return asked(parameters, given).map((one) => {
    const Input = INPUTS[one.type] ?? TextLine;
    const set = (value: unknown) => onChange({ [one.name]: value });
    // A switch has its name beside it.
    if (one.type === "boolean")
      return (
        <Toggle
          key={one.name}
          label={label(one.label, one.name)}
          help={one.help && label(one.help)}
          checked={given[one.name] === true}
          onChange={set}
        />
      );
    return (
      <Line
        key={one.name}
        label={label(one.label, one.name)}
        required={one.required}
        help={one.help && label(one.help)}
        error={problems.find((problem) => problem.field === one.name)?.message}
      >
        {(id) => (
          <Input
            id={id}
            one={one}
            given={given}
            roots={props.roots}
            about={props.about}
            value={given[one.name]}
            onChange={set}
          />
        )}
      </Line>
    );
  });
}

const INPUTS: Record<string, (props: InputProps) => ReactNode> = {
  text: TextLine,
  secret: SecretLine,
  words: ({ id, value, onChange, roots }) => <Words id={id} value={value} onChange={onChange} roots={roots} />,
  number: NumberLine,
  days: Days,
  choice: Chosen,
  choices: Chosen,
  time: TimeLine,
  zone: Zone,
  label: LabelLines,
  object: ObjectLine,
  field: FieldLine,
  fields: FieldLine,
  filter: FilterLine,
  ref: RefLine,
  value: ValueLine,
  values: Values,
  input: InputLines,
  texts: Named,
  who: Who,
  flow: FlowLine,
  team: Ids,
  segment: SegmentLine,
  users: Ids,
  duration: Duration,
  form: FormLines,
  names: Names,
  event: EventLine,
  levels: Levels,
  literal: Literal,
  sort: Sorted,
  action: ActionLine,
};
