/** The records looked at last, on this machine: for the sidebar and an empty search box. */
import { useSyncExternalStore } from "react";
import { news } from "../api/news";

export interface Recent {
  object: string;
  id: string;
  title: string;
}

const KEPT = 6;
const changes = news();
let owner = "";
let recents: Recent[] = [];

function store(next: Recent[]): void {
  recents = next;
  if (owner) localStorage.setItem(`guanxi.recent.${owner}`, JSON.stringify(recents));
  changes.tell();
}

/** Each person has their own. */
export function openRecents(user: string): void {
  if (owner === user) return;
  owner = user;
  try {
    recents = JSON.parse(localStorage.getItem(`guanxi.recent.${user}`) ?? "[]") as Recent[];
  } catch {
    recents = [];
  }
  changes.tell();
}

/** Called by the record page once the title is known. */
export function remember(recent: Recent): void {
  const first = recents[0];
  if (first?.id === recent.id && first.title === recent.title) return;
  store([recent, ...recents.filter((one) => one.id !== recent.id)].slice(0, KEPT));
}

export function forget(id: string): void {
  store(recents.filter((one) => one.id !== id));
}

export const useRecents = (): Recent[] => useSyncExternalStore(changes.hear, () => recents);
