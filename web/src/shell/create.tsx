/** The door to a new record, and to forms that start flows, open from anywhere: `useCreate()({ object: "account" })`. */
import { createContext, type ReactNode, Suspense, useCallback, useContext, useState } from "react";
import { spoken } from "../i18n";
import { QuickCreate } from "../records/forms";
import { part } from "../renew";
import type { FlowForm as Form } from "../schema/catalog";

const FlowForm = part(spoken(() => import("../flows/FlowForm")));

export interface Creation {
  object: string;
  /** What is known already. */
  values?: Record<string, unknown>;
  onDone?: (id: string) => void;
}

/** A form by the flow that it starts. */
export interface Filling {
  form: Form;
}

type Open = Creation | Filling;

const Context = createContext<(open: Open) => void>(() => {});

export const useCreate = (): ((open: Open) => void) => useContext(Context);

export function CreateProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open | null>(null);
  const create = useCallback((next: Open) => setOpen(next), []);
  return (
    <Context.Provider value={create}>
      {children}
      {open && (
        <Suspense>
          {"form" in open ? (
            <FlowForm form={open.form} onClose={() => setOpen(null)} />
          ) : (
            <QuickCreate
              object={open.object}
              values={open.values}
              onDone={(id) => {
                setOpen(null);
                open.onDone?.(id);
              }}
              onClose={() => setOpen(null)}
            />
          )}
        </Suspense>
      )}
    </Context.Provider>
  );
}
