/** The first step: what is imported, and the file. Below it, the imports so far. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Progress } from "antd";
import { AlertTriangle, FileSpreadsheet, Upload as UploadIcon } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useFormat, useLabel, useLanguage, useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { Button, cx, Icon, usePhone, whyOf } from "../ui";
import { Frame } from "./Frame";
import { MarkedSelect } from "./MarkedSelect";
import { fileSize, type Upload } from "./model";
import { Runs } from "./Runs";
import { type Sending, sendFile } from "./sending";
import { importKeys } from "./state";
import styles from "./transfer.module.css";

export function FileStep({ object, objects }: { object: ObjectDef; objects: ObjectDef[] }) {
  const t = useT();
  const phone = usePhone();
  const label = useLabel();
  const client = useQueryClient();
  const navigate = useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const id = useId();
  const [over, setOver] = useState(false);
  const f = useFormat();
  const { language } = useLanguage();
  const [sending, setSending] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const going = useRef<Sending<Upload>>(undefined);
  useEffect(() => () => going.current?.stop(), []);
  const [fault, setFault] = useState<string | null>(null);
  const { many: plural } = useNouns(object);

  const send = async (file: File | undefined) => {
    if (!file || sending) return;
    setSending(file);
    setFault(null);
    setSent(0);
    going.current = sendFile<Upload>(`/uploads?object=${object.name}`, file, language, setSent);
    try {
      const data = await going.current.answer;
      client.setQueryData(importKeys.upload(data.id, object.name), data);
      await navigate({ to: "/import/$object", params: { object: object.name }, search: { upload: data.id } });
    } catch (reason) {
      setFault(whyOf(reason, t));
      setSending(null);
    }
  };
  const size = sending && fileSize(sending.size);

  return (
    <Frame object={object} at="file">
      <div className={styles.first}>
        <div className={styles.what}>
          <label htmlFor={`${id}object`}>{t("transfer.object")}</label>
          <MarkedSelect
            id={`${id}object`}
            value={object.name}
            className={styles.objects}
            showSearch={{ optionFilterProp: "text" }}
            options={objects.map((one) => ({
              value: one.name,
              text: `${label(one.plural)} ${one.name}`,
              label: label(one.plural, one.name),
              mark: <Icon name={one.icon} />,
            }))}
            onChange={(name: string) =>
              void navigate({ to: "/import/$object", params: { object: name }, search: {}, replace: true })
            }
          />
        </div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the button inside does the same */}
        <div
          className={cx(styles.drop, over && styles.dropOver)}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void send(event.dataTransfer.files[0]);
          }}
        >
          <input
            ref={box}
            id={`${id}file`}
            type="file"
            className="sr"
            tabIndex={-1}
            aria-hidden
            accept=".csv,.tsv,.txt,.xlsx,.xls,.ods,.vcf,text/csv,text/vcard"
            onChange={(event) => {
              void send(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
          {sending && size ? (
            <>
              <p className={styles.dropTitle}>
                {t(sent < 1 ? "transfer.sending" : "transfer.reading", { name: sending.name })}
              </p>
              <Progress className={styles.sending} percent={Math.floor(sent * 100)} aria-label={sending.name} />
              <p className={styles.soft}>
                {t("transfer.sending.size", {
                  part: f.number(Math.round(size.n * sent * 10) / 10),
                  size: f.number(size.n),
                  unit: size.unit,
                })}
              </p>
              <Button
                onClick={() => {
                  going.current?.stop();
                  setSending(null);
                }}
              >
                {t("transfer.sending.stop")}
              </Button>
            </>
          ) : (
            <>
              <FileSpreadsheet className={styles.dropSign} aria-hidden />
              <p className={styles.dropTitle}>
                {t(phone ? "transfer.drop.phone" : "transfer.drop", { objects: plural })}
              </p>
              <p className={styles.soft}>{t("transfer.drop.kinds")}</p>
              <Button type="primary" icon={<UploadIcon />} onClick={() => box.current?.click()}>
                {t("transfer.choose")}
              </Button>
              {fault && (
                <p className={styles.fault} role="alert">
                  <AlertTriangle aria-hidden />
                  {fault}
                </p>
              )}
            </>
          )}
        </div>
        <p className={styles.promise}>{t("transfer.promise")}</p>
        <Runs />
      </div>
    </Frame>
  );
}
