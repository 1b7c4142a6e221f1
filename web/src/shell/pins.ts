/** Favourites: records and views that a person keeps at hand, stored with the account. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys, type Pin, type Session, useCatalog } from "../api/queries";
import { titleById, useTitles } from "../fields/titles";
import { useLabel } from "../i18n";
import { viewKey } from "../records/state";
import { session } from "../router";

const same = (a: Pin, b: Pin): boolean => a.object === b.object && a.id === b.id && a.view === b.view;

export function usePins() {
  const client = useQueryClient();
  const pins = useQuery(session).data?.user.pins ?? [];
  const store = (next: Pin[]) => {
    const before = client.getQueryData<Session>(keys.session);
    const show = (kept: Pin[]) =>
      client.setQueryData<Session>(keys.session, (now) => now && { ...now, user: { ...now.user, pins: kept } });
    show(next);
    api.patch("/session", { pins: next }).catch(() => show(before?.user.pins ?? []));
  };
  return {
    pins,
    has: (pin: Pin) => pins.some((one) => same(one, pin)),
    toggle: (pin: Pin) =>
      store(pins.some((one) => same(one, pin)) ? pins.filter((one) => !same(one, pin)) : [...pins, pin]),
  };
}

/** Favourites with their names; those that are gone, or not shared any more, are left out. */
export function usePinned(): (Pin & { title: string; icon: string })[] {
  const { pins } = usePins();
  const catalog = useCatalog();
  const label = useLabel();
  useTitles();
  return pins.flatMap((pin) => {
    const object = catalog.object(pin.object);
    if (!object) return [];
    if (pin.id) {
      const title = titleById(object.name, pin.id, object.title);
      return title === "" ? [] : [{ ...pin, title: title ?? "…", icon: object.icon }];
    }
    const view = object.views.find((one) => viewKey(one) === pin.view);
    const name = label(view?.label ?? object.plural, object.name);
    return [{ ...pin, title: name, icon: view?.kind === "board" ? "board" : "table" }];
  });
}
