/** The larger recipes of a record and a list on the kit page, with records that exist nowhere but here. */
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, PhoneOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { keys, useCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import { Alert } from "../records/Alerts";
import alerts from "../records/Alerts.module.css";
import { BulkBar } from "../records/BulkBar";
import { Composer } from "../records/Composer";
import { EditCell } from "../records/EditCell";
import { FilterSentence } from "../records/FilterBar";
import { type Place, useList } from "../records/list";
import Preview from "../records/Preview";
import { RecordFacts } from "../records/RecordFacts";
import { StagePath } from "../records/StagePath";
import { useSelection } from "../records/selection";
import { TimelineEntry, TimelineSkeleton } from "../records/Timeline";
import timeline from "../records/Timeline.module.css";
import type { TimelineItem } from "../records/useTimeline";
import type { ObjectDef, RecordData } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import styles from "./kit.module.css";

const ID = "01900000-0000-7000-8000-00000000000a";
/** Long past, so that no state of it depends on the day. */
const AT = "2001-03-05T02:00:00Z";
const OWN: Filter = { field: "kind", op: "is_empty", value: false };

type PartOf = (props: { name: string; children: ReactNode }) => ReactNode;

export default function Recipes({ Part }: { Part: PartOf }) {
  const catalog = useCatalog();
  const ctx = useFormatContext();
  const client = useQueryClient();
  const account = catalog.object("account");
  const deal = catalog.object("opportunity");
  const stage = deal?.fields.find((field) => field.type === "stage");
  const stages = deal ? (catalog.pipelinesOf(deal)[0]?.stages ?? []) : [];
  const [filter, setFilter] = useState<Filter | null>({
    and: [OWN, { field: "name", op: "contains", value: "澜石 Lanshi" }],
  });
  if (!account || !deal || !stage) return null;
  // A stage path asks what came before: here, nothing did.
  client.setQueryData(keys.timeline(deal.name, ID, "stage"), { data: [], next: null });
  const record = (values: Record<string, unknown>): RecordData => ({
    id: ID,
    version: 1,
    created_at: AT,
    updated_at: AT,
    ...values,
  });
  const item = (kind: string, values: Partial<TimelineItem>): TimelineItem => ({
    kind,
    at: AT,
    actor: { id: ID, title: "林晓岚" },
    object: kind,
    id: ID,
    title: "",
    body: "",
    record: null,
    changes: null,
    ...values,
  });
  const items = [
    item("note", { body: "见到设备部和品质部。对方认可二期精度指标，要求先解决投诉再谈价格。", record: record({}) }),
    item("task", { title: "Answer the tender", record: record({ status: "open", due_at: AT }) }),
    item("call", { title: "问付款条件", body: "下周二前给书面答复。", record: record({ duration: 5100 }) }),
    item("change", { object: "account", change: "update", changes: { name: ["Lanshi", "澜石精密"] } }),
    item("created", { object: "account", actor: null }),
  ];
  return (
    <>
      <Part name="Filter sentence">
        <FilterSentence object={account} filter={filter} own={OWN} onChange={setFilter} />
      </Part>
      <Part name="Stage path">
        {["open", "won", "lost"].map((kind) => {
          const at = kind === "open" ? stages[1] : stages.find((one) => one.kind === kind);
          return at ? (
            <div key={kind} className={styles.whole}>
              <StagePath
                object={deal}
                field={stage}
                record={record({ [stage.name]: at.name, pipeline: catalog.pipelinesOf(deal)[0]?.name })}
              />
            </div>
          ) : null;
        })}
      </Part>
      <Part name="Alert strip">
        <div className={`${alerts.strip} ${styles.whole}`}>
          <Alert icon={<CircleAlert aria-hidden />} title="有未结投诉">
            {" "}
            CS-20418
          </Alert>
          <Alert icon={<PhoneOff aria-hidden />} title="Never by phone" />
        </div>
      </Part>
      <Part name="Composer">
        <div className={styles.column}>
          <Composer object={account} record={record({ name: "澜石精密" })} />
        </div>
      </Part>
      <Part name="Timeline">
        <ol className={`${timeline.list} ${styles.column}`} aria-label={ctx.t("record.timeline")}>
          {items.map((one, at) => (
            <TimelineEntry key={one.kind} item={one} object={account} latest={at === 0} onEdit={() => undefined} />
          ))}
        </ol>
        <div className={styles.column}>
          <TimelineSkeleton />
        </div>
      </Part>
      <Part name="Fact rows">
        <div className={styles.facts}>
          <RecordFacts object={account} record={record({ name: "苏州澜石精密制造有限公司" })} />
        </div>
        <div className={styles.facts}>
          <RecordFacts
            object={{ ...account, can: { ...account.can, update: false } }}
            record={record({ name: "شركة النور 👩🏽‍🔬 Röder" })}
          />
        </div>
      </Part>
      <Lists
        Part={Part}
        object={account}
        record={record({ name: "苏州澜石精密制造有限公司", phone: "+8613812345678" })}
      />
    </>
  );
}

/** Leads nowhere: these lists have no address. */
const NOWHERE: Place = { go: () => undefined };

/** What floats over a list or stands in it: the bar for the chosen, a cell being edited and one that was refused, the side panel. */
function Lists({ Part, object, record }: { Part: PartOf; object: ObjectDef; record: RecordData }) {
  const ctx = useFormatContext();
  const client = useQueryClient();
  const list = useList(object, NOWHERE);
  const selection = useSelection();
  const field = object.fields.find((one) => one.name === object.title);
  useState(() => {
    selection.choose([ID], true);
    client.setQueryData(keys.record(object.name, ID), record);
    client.setQueryData(keys.alerts(object.name, ID), { data: [] });
  });
  if (!field) return null;
  const edit = { object, row: record, field, onClose: idle, onSaved: idle, onRefused: idle };
  const values = { [field.name]: record[field.name] };
  return (
    <>
      <Part name="Bulk bar">
        <div className={styles.floor}>
          <BulkBar list={list} selection={selection} count={312} exact />
        </div>
      </Part>
      <Part name="Editing cell">
        {[undefined, ctx.t("shell.form.required")].map((fault) => (
          <div key={fault ?? ""} role="grid" aria-label={fault ?? field.name} className={styles.lone}>
            <div role="row">
              <EditCell {...edit} edit={{ line: 0, col: 0, values, fault }} />
            </div>
          </div>
        ))}
      </Part>
      <Part name="Side panel">
        <div className={styles.side}>
          <Preview list={list} id={ID} />
        </div>
      </Part>
    </>
  );
}

const idle = () => undefined;
