import { type Key, useT } from "../i18n";
import { Kbd } from "../ui";
import { Modal } from "../ui/antd";
import styles from "./shell.module.css";

const KEYS: [string[], Key][] = [
  [["Ctrl K", "⌘ K"], "shell.keys.search"],
  [["C"], "shell.keys.create"],
  [["/"], "shell.keys.filter"],
  [["J", "K"], "shell.keys.move"],
  [["X"], "shell.keys.select"],
  [["Enter"], "shell.keys.open"],
  [["E"], "shell.keys.edit"],
  [["Space"], "shell.keys.preview"],
  [["F2"], "shell.keys.cell"],
  [["Ctrl C", "Ctrl V"], "shell.keys.paste"],
  [["Ctrl Enter"], "shell.keys.follow"],
  [["Alt ↓"], "shell.keys.column"],
  [["Ctrl Enter", "⌘ Enter"], "shell.keys.save"],
  [["Ctrl Z", "⌘ Z"], "shell.keys.undo"],
  [["Esc"], "shell.keys.escape"],
  [["?"], "shell.keys.help"],
];

export default function KeysHelp({ onClose }: { onClose: () => void }) {
  const t = useT();
  return (
    <Modal open onCancel={onClose} footer={null} title={t("shell.keys.title")} width={420}>
      <dl className={styles.keys}>
        {KEYS.map(([names, key]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>
              {names.map((name) => (
                <Kbd key={name}>{name}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
