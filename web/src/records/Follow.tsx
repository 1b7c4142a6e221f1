/** Who hears of what happens to a record, and whether one does oneself. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellRing } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useT } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { Avatar, IconButton, Popover, Switch, useToast } from "../ui";
import styles from "./RecordPage.module.css";

interface Followers {
  following: boolean;
  count: number;
  data: { id: string; title: string; why: "chosen" | "own" | "created" }[];
}

export function Follow({ object, record }: { object: ObjectDef; record: RecordData }) {
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const path = `/following/${object.name}/${record.id}`;
  // It stands among what is read of the record, so that a new owner is seen there at once.
  const key = ["records", object.name, "followers", record.id];
  const { data, isPending } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get<Followers>(path, undefined, signal),
    staleTime: 60_000,
    retry: false,
  });
  // Its place is there before it.
  if (!data) return isPending ? <span className={styles.followToCome} /> : null;
  const turn = async (following: boolean) => {
    client.setQueryData(key, { ...data, following });
    try {
      client.setQueryData(key, (await api.put<Followers>(path, { following })).data);
    } catch (reason) {
      client.setQueryData(key, data);
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const others = data.count - data.data.length;
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      label={t("told.follow")}
      className={styles.follow}
      content={
        <>
          <div className={styles.followMe}>
            <span>
              <b>{t("told.follow")}</b>
              <small>{t("told.follow.help")}</small>
            </span>
            <Switch checked={data.following} aria-label={t("told.follow")} onChange={(on) => void turn(on)} />
          </div>
          {data.count === 0 ? (
            <p>{t("told.follow.nobody")}</p>
          ) : (
            <ul>
              {data.data.map((one) => (
                <li key={one.id}>
                  <Avatar name={one.title} id={one.id} size={20} />
                  <span className="ellipsis">{one.title}</span>
                  {one.why !== "chosen" && <small>{t(`told.follow.${one.why}`)}</small>}
                </li>
              ))}
              {others > 0 && <li>{t("told.follow.more", { n: others })}</li>}
            </ul>
          )}
        </>
      }
    >
      <IconButton
        icon={data.following ? <BellRing /> : <Bell />}
        pressed={data.following}
        label={`${t("told.follow")} · ${t("told.following", { n: data.count })}`}
      />
    </Popover>
  );
}
