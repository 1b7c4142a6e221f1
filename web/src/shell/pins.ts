/** Favourites: records and views that a person keeps at hand, stored with the account. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys, type Pin, type Session, sessionQuery, useCatalog } from "../api/queries";
import { titleById, useTitles } from "../fields/titles";
import { useLabel } from "../i18n";
import { viewKey } from "../records/state";
import { useRefusal } from "../ui";

const same = (a: Pin, b: Pin): boolean => a.object === b.object && a.id === b.id && a.view === b.view;

/** Something that is kept with the account: shown at once, and as it was when it could not be kept. */
function useKept<Name extends "pins" | "starts">(name: Name) {
  type Kept = NonNullable<Session["user"][Name]>;
  const client = useQueryClient();
  const refuse = useRefusal();
  const kept = useQuery(sessionQuery).data?.user[name] as Kept | undefined;
  const show = (value: Kept | undefined) =>
    client.setQueryData<Session>(keys.session, (now) => now && { ...now, user: { ...now.user, [name]: value } });
  const store = (next: Kept) => {
    show(next);
    api.patch("/session", { [name]: next }).catch((reason) => {
      show(kept);
      refuse(reason);
    });
  };
  return [kept, store] as const;
}

export function usePins() {
  const [pins = [], store] = useKept("pins");
  return {
    pins,
    has: (pin: Pin) => pins.some((one) => same(one, pin)),
    toggle: (pin: Pin) =>
      store(pins.some((one) => same(one, pin)) ? pins.filter((one) => !same(one, pin)) : [...pins, pin]),
  };
}

const NONE: Record<string, string> = {};

/** The view that a list of this person begins with, by object. */
export function useStarts() {
  const [starts = NONE, store] = useKept("starts");
  return {
    starts,
    /** Without a view it begins as everybody's does. */
    begin: (object: string, view: string | undefined) => {
      const { [object]: _, ...rest } = starts;
      store(view ? { ...rest, [object]: view } : rest);
    },
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
