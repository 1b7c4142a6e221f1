/** A list from files and to files. */
import { useNavigate } from "@tanstack/react-router";
import { Download, Ellipsis, Upload } from "lucide-react";
import { api } from "../api/client";
import type { Target } from "../api/writes";
import { useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { Button, Dropdown, IconButton, useRefusal, useToast } from "../ui";
import type { List } from "./list";

const FORMATS = ["xlsx", "csv", "jsonl"] as const;

/** The kinds of files that a list can be sent to; people as cards for phones, too. */
export const formatsOf = (object: ObjectDef): readonly ("xlsx" | "csv" | "jsonl" | "vcf")[] =>
  object.fields.find((field) => field.name === object.title)?.type === "person" ? [...FORMATS, "vcf"] : FORMATS;

/** Sends the list as it stands, or the chosen records of it, to a file. */
export function useExport(list: List): (format: string, target?: Target) => Promise<void> {
  const t = useT();
  const toast = useToast();
  const refuse = useRefusal();
  return async (format, target = { filter: list.filter, q: list.q }) => {
    const said = toast({ text: t("list.export.running") });
    const what =
      "ids" in target
        ? { filter: { field: "id", op: "in", value: target.ids } }
        : { filter: target.filter ?? undefined, q: target.q || undefined };
    try {
      const body = { object: list.object.name, format, sort: list.sort || undefined, ...what };
      await api.download("/exports", body, `${list.object.name}.${format}`);
    } catch (reason) {
      said();
      refuse(reason);
    }
  };
}

function useFormats(list: List) {
  const t = useT();
  const run = useExport(list);
  return formatsOf(list.object).map((format) => ({
    key: format,
    label: t(`list.export.${format}`),
    onClick: () => void run(format),
  }));
}

/** From files and to files, where there is room for one sign only. */
export function FilesMenu({ list }: { list: List }) {
  const t = useT();
  const navigate = useNavigate();
  const formats = useFormats(list);
  const { can, name } = list.object;
  const items = [
    can.import && {
      key: "import",
      icon: <Upload />,
      label: t("list.import"),
      onClick: () => void navigate({ to: "/import/$object", params: { object: name } }),
    },
    ...formats.map(
      (one) => can.export && { ...one, icon: <Download />, label: t("list.export.as", { format: one.label }) },
    ),
  ].filter((one) => one !== false);
  if (items.length === 0) return null;
  return (
    <Dropdown menu={{ items }} placement="bottomRight">
      <IconButton icon={<Ellipsis />} label={t("list.files")} />
    </Dropdown>
  );
}

export function ExportButton({ list }: { list: List }) {
  const t = useT();
  return (
    <Dropdown menu={{ items: useFormats(list) }}>
      <Button type="text" icon={<Download />}>
        {t("list.export")}
      </Button>
    </Dropdown>
  );
}
