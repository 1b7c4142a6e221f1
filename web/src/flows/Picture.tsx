/** A flow as it is drawn, or as an outline: on the phone, and for whoever likes it better. */
import { ListTree, Share2 } from "lucide-react";
import { Suspense, useState } from "react";
import { useT } from "../i18n";
import { part } from "../renew";
import { IconButton, SkeletonRows, usePhone } from "../ui";
import { Outline } from "./Outline";
import type { PictureProps } from "./parts";

const Drawing = part(() => import("./Drawing"));

const STORED = "guanxi.flow.outline";

/** Whether flows are shown as outlines, and the button that changes it. */
export function useOutline(): { outline: boolean; toggle: React.ReactNode } {
  const t = useT();
  const phone = usePhone();
  const [chosen, setChosen] = useState(() => localStorage.getItem(STORED) === "1");
  const turn = () => {
    localStorage.setItem(STORED, chosen ? "0" : "1");
    setChosen(!chosen);
  };
  const toggle = !phone && (
    <IconButton
      icon={chosen ? <Share2 /> : <ListTree />}
      label={t(chosen ? "flow.as.drawing" : "flow.as.outline")}
      onClick={turn}
    />
  );
  return { outline: phone || chosen, toggle };
}

export function Picture({ outline, ...props }: PictureProps & { outline: boolean; framed?: boolean }) {
  if (outline) return <Outline {...props} />;
  return (
    <Suspense fallback={<SkeletonRows shape="steps" />}>
      <Drawing {...props} />
    </Suspense>
  );
}
