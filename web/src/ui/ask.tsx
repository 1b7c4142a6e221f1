/** The question before an act that nothing takes back: what follows from it, and the act's own words on the button. */
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { useT } from "../i18n";
import { Modal } from "./antd";

export interface Question {
  title: string;
  /** What follows. */
  text: ReactNode;
  /** What the button says: the act. */
  go: string;
}

type Ask = (question: Question) => Promise<boolean>;

const Context = createContext<Ask>(async () => false);

/** Asks first; the answer is whether it is wanted. What can be taken back is done at once instead, with its undo in the toast. */
export const useAsk = (): Ask => useContext(Context);

export function AskProvider({ children }: { children: ReactNode }) {
  const t = useT();
  const [question, setQuestion] = useState<Question | null>(null);
  const [open, setOpen] = useState(false);
  const answer = useRef<(wanted: boolean) => void>(undefined);
  const ask = useCallback<Ask>(
    (next) =>
      new Promise((resolve) => {
        answer.current?.(false);
        answer.current = resolve;
        setQuestion(next);
        setOpen(true);
      }),
    [],
  );
  const close = (wanted: boolean) => {
    setOpen(false);
    answer.current?.(wanted);
    answer.current = undefined;
  };
  return (
    <Context.Provider value={ask}>
      {children}
      {question && (
        <Modal
          open={open}
          width={440}
          title={question.title}
          okText={question.go}
          cancelText={t("shell.cancel")}
          okButtonProps={{ danger: true }}
          onOk={() => close(true)}
          onCancel={() => close(false)}
        >
          {typeof question.text === "string" ? <p>{question.text}</p> : question.text}
        </Modal>
      )}
    </Context.Provider>
  );
}
