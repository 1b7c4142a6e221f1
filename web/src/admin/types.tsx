/** Signs of the field types, and what each is for. */

import {
  AlignLeft,
  AtSign,
  Braces,
  Calendar,
  CalendarClock,
  CaseSensitive,
  CheckSquare,
  CircleDollarSign,
  Coins,
  GitBranch,
  Globe,
  Hash,
  KeyRound,
  Layers,
  Link2,
  ListChecks,
  LockKeyhole,
  type LucideIcon,
  MapPin,
  Paperclip,
  Percent,
  Phone,
  Sigma,
  SquareFunction,
  Star,
  Tag,
  Tags,
  Timer,
  Type,
  User,
  UserRound,
  Waypoints,
} from "lucide-react";
import type { Field } from "../schema/catalog";
import { words } from "../schema/words";

const ICONS: Record<string, LucideIcon> = {
  text: Type,
  longtext: AlignLeft,
  richtext: CaseSensitive,
  integer: Hash,
  decimal: Sigma,
  money: CircleDollarSign,
  percent: Percent,
  boolean: CheckSquare,
  date: Calendar,
  datetime: CalendarClock,
  select: Tag,
  multiselect: ListChecks,
  tags: Tags,
  email: AtSign,
  phone: Phone,
  url: Globe,
  address: MapPin,
  person: UserRound,
  link: Link2,
  links: Waypoints,
  formula: SquareFunction,
  rollup: Layers,
  reference: Link2,
  user: User,
  file: Paperclip,
  autonumber: Hash,
  rating: Star,
  duration: Timer,
  json: Braces,
  stage: GitBranch,
  pipeline: GitBranch,
  currency: Coins,
  password: KeyRound,
  id: Hash,
  sealed: LockKeyhole,
};

/** A field's type, also where the reader sees it masked only. */
export const typeOf = (field: Pick<Field, "type" | "behind">): string => field.behind?.type ?? field.type;

export function TypeIcon({ type }: { type: string }) {
  const Found = ICONS[type] ?? Type;
  return <Found aria-hidden />;
}

/** Types in the order in which people look for them. */
export const TYPE_ORDER = words`
  text select integer decimal money percent date datetime boolean multiselect tags longtext richtext sealed phone
  email url address person user link links file rating duration autonumber formula rollup
`;
