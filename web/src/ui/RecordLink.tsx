/** The way to a record, light enough to stand in every row: it neither listens to the router nor is drawn again with it. */
import { useRouter } from "@tanstack/react-router";
import type { ComponentProps, MouseEvent } from "react";

export function RecordLink({
  object,
  id,
  ...rest
}: { object: string; id: string } & Omit<ComponentProps<"a">, "href" | "onClick" | "id">) {
  const router = useRouter();
  const to = { to: "/o/$object/$id", params: { object, id } } as const;
  const go = (event: MouseEvent) => {
    // Another tab, another window, a file: the browser's own business.
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate(to);
  };
  return (
    <a
      dir={typeof rest.children === "string" ? "auto" : undefined}
      {...rest}
      href={`/o/${object}/${id}`}
      onClick={go}
      onPointerEnter={() => void router.preloadRoute(to)}
    >
      {rest.children}
    </a>
  );
}
