/** The calendar that opens from a date's input; loaded when it is first opened. */
import { DatePicker } from "antd";
import dayjs from "dayjs";
import { themed } from "../theme/Themed";
import { isoDay, moment, parseIsoDay, wall } from "./dates";
import styles from "./fields.module.css";

interface CalendarProps {
  /** `YYYY-MM-DD`, or a moment in UTC when `zone` is there. */
  value: string | null;
  /** The zone whose clocks are shown: the calendar then asks for a time too. */
  zone?: string;
  onPick: (value: string | null) => void;
  onClose: () => void;
}

export default themed(function Calendar({ value, zone, onPick, onClose }: CalendarProps) {
  // dayjs carries the wall clock only: the zone is put on and taken off here.
  const shown = () => {
    if (!value) return null;
    if (!zone) return parseIsoDay(value) && dayjs(value.slice(0, 10));
    const w = wall(new Date(value), zone);
    return dayjs(new Date(w.year, w.month - 1, w.day, w.hour, w.minute));
  };
  return (
    <DatePicker
      className={styles.calendar}
      classNames={{ popup: { root: styles.days } }}
      open
      showTime={zone ? { format: "HH:mm", minuteStep: 5 } : false}
      value={shown() || null}
      needConfirm={Boolean(zone)}
      tabIndex={-1}
      aria-hidden
      onOpenChange={(open) => open || onClose()}
      onChange={(next) => {
        if (!next) onPick(null);
        else {
          const day = { year: next.year(), month: next.month() + 1, day: next.date() };
          onPick(zone ? moment(day, { hour: next.hour(), minute: next.minute() }, zone).toISOString() : isoDay(day));
        }
        onClose();
      }}
    />
  );
});
