/** The door to a new record, open from anywhere: `useCreate()("account")`. */
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from "react";

const QuickCreate = lazy(() => import("../records/Form").then((module) => ({ default: module.QuickCreate })));

export interface Creation {
  object: string;
  /** What is known already. */
  values?: Record<string, unknown>;
  onDone?: (id: string) => void;
}

const Context = createContext<(creation: Creation) => void>(() => {});

export const useCreate = (): ((creation: Creation) => void) => useContext(Context);

export function CreateProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Creation | null>(null);
  const create = useCallback((creation: Creation) => setOpen(creation), []);
  return (
    <Context.Provider value={create}>
      {children}
      {open && (
        <Suspense>
          <QuickCreate
            object={open.object}
            values={open.values}
            onDone={(id) => {
              setOpen(null);
              open.onDone?.(id);
            }}
            onClose={() => setOpen(null)}
          />
        </Suspense>
      )}
    </Context.Provider>
  );
}
