/** Ways to reach somebody, and the wish not to be reached that way. */

export type Channel = "call" | "email";

export interface Reach {
  channel: Channel;
  href: (value: unknown) => string;
}

const FLAGS: Record<Channel, string> = { call: "do_not_call", email: "do_not_email" };

export const CHANNELS = Object.keys(FLAGS) as Channel[];

/** The field that holds the wish. */
export const flagOf = (channel: Channel): string => FLAGS[channel];

export const barred = (record: Readonly<Record<string, unknown>> | undefined, channel: Channel): boolean =>
  record?.[FLAGS[channel]] === true;
