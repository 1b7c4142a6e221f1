/** Several values in one line of a table: the first ones as badges, how many more there are. */
import { Badge, type Tone } from "../ui";
import styles from "./fields.module.css";

const FIRST = 3;

export function Several({ badges, title }: { badges: { name: string; text: string; tone?: Tone }[]; title: string }) {
  const more = badges.length - FIRST;
  return (
    <span className={styles.choices} title={title} data-several>
      {badges.slice(0, FIRST).map((badge) => (
        <Badge key={badge.name} tone={badge.tone}>
          {badge.text}
        </Badge>
      ))}
      {more > 0 && <small>+{more}</small>}
    </span>
  );
}
