/** How far a target is, and those of a person. */
import { type Aim, Goal } from "../shell/Aims";
import { Frame, type PanelProps } from "./Frame";

export function Reached({ data, title }: PanelProps<{ rows: Aim[] }>) {
  return (
    <Frame icon="flag" title={title}>
      {data.rows.map((one) => (
        <Goal key={`${one.id} ${one.measure} ${one.from} ${one.to}`} one={one} />
      ))}
    </Frame>
  );
}
