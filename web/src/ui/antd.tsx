/** Ant Design's larger parts, fetched when one is first drawn: the first list needs none of them. */
import { type ComponentType, useEffect, useRef } from "react";
import { later } from "./later";

// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
const part = <Part extends ComponentType<any>>(load: () => Promise<{ default: Part }>, place?: "control") =>
  later(
    () =>
      Promise.all([load(), import("../theme/Themed")]).then(
        ([found, { themed }]) => themed(found.default) as unknown as Part,
      ),
    place,
  );

export const Select = part(() => import("antd/es/select"), "control");
export const TreeSelect = part(() => import("antd/es/tree-select"), "control");
export const Segmented = part(() => import("antd/es/segmented"), "control");
export const InputNumber = part(() => import("antd/es/input-number"), "control");
export const Checkbox = part(() => import("antd/es/checkbox"), "control");
export const Modal = returning(part(() => import("antd/es/modal")));
export const Drawer = returning(part(() => import("antd/es/drawer")));

/**
 * What lies over the page gives the focus back to where it was: many are taken away while they are open, and with them goes
 * what Ant Design would do on closing. Who has the focus by then keeps it.
 */
export function returning<Props extends { open?: boolean }>(Part: ComponentType<Props>): ComponentType<Props> {
  return function Returning(props: Props) {
    const from = useRef<Element | null>(null);
    const open = props.open === true;
    // Read before it is drawn: afterwards the focus is inside.
    if (open) from.current ??= document.activeElement;
    useEffect(() => {
      if (!open) return;
      return () => {
        const back = from.current;
        from.current = null;
        setTimeout(() => {
          const lost = !document.activeElement || document.activeElement === document.body;
          if (lost && back instanceof HTMLElement && back.isConnected) back.focus();
        });
      };
    }, [open]);
    return <Part {...props} />;
  };
}
