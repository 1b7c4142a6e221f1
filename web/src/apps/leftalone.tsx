/** Who asked not to be called or written to: the record itself, or somebody whom it links to. */
import { useQuery } from "@tanstack/react-query";
import { MailX, PhoneOff } from "lucide-react";
import { api } from "../api/client";
import { ABOVE, keys, useCatalog } from "../api/queries";
import { barred, CHANNELS, type Channel, flagOf } from "../fields/reach";
import { useLabel } from "../i18n";
import { Alert } from "../records/Alerts";
import type { Field, ObjectDef, RecordData, Ref } from "../schema/catalog";
import { type SlotProps, slot } from "./slots";

const ICONS = { call: PhoneOff, email: MailX };

const flag = (object: ObjectDef | undefined, channel: Channel): Field | undefined =>
  object?.fields.find((field) => field.name === flagOf(channel));

function LeftAlone({ object: name, record }: SlotProps) {
  const label = useLabel();
  const catalog = useCatalog();
  const object = catalog.object(name);
  const links = (object?.fields ?? []).filter(
    (field) => field.target && field.target !== "user" && record?.[field.name],
  );
  const paths = links.flatMap((link) =>
    CHANNELS.filter((channel) => flag(catalog.object(link.target), channel)).map((channel) => ({
      link,
      channel,
      path: `${link.name}.${flagOf(channel)}`,
    })),
  );
  const linked = useQuery({
    queryKey: [...keys.record(name, record?.id ?? ""), "left alone", record?.version] as const,
    queryFn: ({ signal }) =>
      api.get<RecordData>(
        `/records/${name}/${record?.id}`,
        { fields: paths.map(({ path }) => path).join(",") },
        signal,
      ),
    enabled: paths.length > 0 && record !== undefined,
    meta: ABOVE,
    staleTime: 60_000,
  });
  if (!record || !object) return null;
  // Whoever says each channel is told of with everything else that is the matter.
  const each = object.fields.some((field) => field.name === "unwanted_channels");
  return (
    <>
      {CHANNELS.filter((channel) => !each && barred(record, channel)).map((channel) => {
        const Icon = ICONS[channel];
        return <Alert key={channel} icon={<Icon aria-hidden />} title={label(flag(object, channel)?.label)} />;
      })}
      {paths
        .filter(({ path }) => linked.data?.[path] === true)
        .map(({ path, link, channel }) => {
          const Icon = ICONS[channel];
          return (
            <Alert
              key={path}
              icon={<Icon aria-hidden />}
              title={label(flag(catalog.object(link.target), channel)?.label)}
            >
              {(record[link.name] as Ref | null)?.title}
            </Alert>
          );
        })}
    </>
  );
}

slot("record.alert", { order: 10, component: LeftAlone });
