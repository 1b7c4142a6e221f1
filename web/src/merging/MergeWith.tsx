/** Which other record is the same one: the way from a record to seeing both side by side. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useLabel, useLanguage, useT } from "../i18n";
import { inline } from "../i18n/words";
import { Picker } from "../records/Picker";
import type { ObjectDef, Ref } from "../schema/catalog";
import { Button } from "../ui";
import { Modal } from "../ui/antd";
import styles from "./merging.module.css";
import { MOST } from "./model";

export default function MergeWith({ object, id, onClose }: { object: ObjectDef; id: string; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const [others, setOthers] = useState<Ref[]>([]);
  const name = t("merge.pick", { object: inline(label(object.label, object.name), language) });
  return (
    <Modal open onCancel={onClose} title={name} footer={null} width={420}>
      <form
        className={styles.pick}
        onSubmit={(event) => {
          event.preventDefault();
          // The one that was there first stays, unless another is chosen; ids begin with when they were made.
          const ids = [id, ...others.map((one) => one.id)].sort().join(",");
          onClose();
          void navigate({ to: "/merge/$object", params: { object: object.name }, search: { ids } as never });
        }}
      >
        <Picker
          object={object.name}
          value={others}
          onChange={(next) => setOthers(next.slice(0, MOST - 1))}
          many
          few
          create={false}
          autoFocus
          label={name}
          filter={{ field: "id", op: "ne", value: id }}
        />
        <Button type="primary" htmlType="submit" disabled={others.length === 0}>
          {t("merge.pick.go")}
        </Button>
      </form>
    </Modal>
  );
}
