/** Settings: sections that the reader may open, and the one that is open. */
import { Link, useParams } from "@tanstack/react-router";
import {
  Archive,
  Bell,
  Blocks,
  Eye,
  Fingerprint,
  GitBranch,
  History,
  Hourglass,
  KeyRound,
  LayoutPanelLeft,
  LockKeyhole,
  type LucideIcon,
  Mail as MailIcon,
  Medal,
  Package,
  ScrollText,
  Share2,
  Shield,
  Tags as TagsIcon,
  Trash2,
  Upload,
  User,
  Users as UsersIcon,
  UsersRound,
  Waves,
  Webhook,
  Workflow,
} from "lucide-react";
import { type ComponentType, Suspense, useMemo } from "react";
import { ApiError } from "../api/client";
import { useCatalog } from "../api/queries";
import { type Key, useT } from "../i18n";
import { arrived } from "../renew";
import type { Catalog } from "../schema/catalog";
import { cx, ErrorState, isPhone, SkeletonRows, usePhone, useTitle } from "../ui";
import { sentFor } from "../ui/later";
import styles from "./admin.module.css";

type Load = () => Promise<{ default: ComponentType<{ name: string | undefined }> }>;

interface Entry {
  name: string;
  label: Key;
  icon: LucideIcon;
  /** A right of `me.can`; everybody without one. */
  needs?: string;
  page?: ComponentType<{ name: string | undefined }>;
  /** Sends for its file, before it is pressed. */
  send?: () => Promise<unknown>;
  /** Lies outside of the settings. */
  to?: "/import" | "/changes" | "/bin";
}

/** A section of its own file: who looks at one does not wait for the others. */
function section(name: string, label: Key, icon: LucideIcon, needs: string, load: Load): Entry {
  const { Part, send } = sentFor(() => arrived(load));
  return { name, label, icon, needs, page: Part, send };
}

const GROUPS: { label: Key; entries: Entry[] }[] = [
  {
    label: "admin.nav.shape",
    entries: [
      section("objects", "admin.objects", Blocks, "catalog", () => import("./Objects")),
      section("rules", "admin.rules", ScrollText, "catalog", () => import("./Rules")),
      section("flows", "flow.title", Workflow, "catalog", () => import("../flows/Flows")),
      section("standing", "standing.title", Medal, "catalog", () => import("../standing/Schemes")),
      section("pipelines", "admin.pipelines", GitBranch, "catalog", () => import("./Pipelines")),
      section("layouts", "admin.layouts", LayoutPanelLeft, "catalog", () => import("./Layouts")),
      section("tags", "admin.tags", TagsIcon, "catalog", () => import("./Tags")),
      section("packs", "admin.packs", Package, "catalog", () => import("./Packs")),
    ],
  },
  {
    label: "admin.nav.people",
    entries: [
      section("users", "admin.users", UsersIcon, "users", () => import("./Users")),
      section("teams", "admin.teams", UsersRound, "users", () => import("./Teams")),
      section("roles", "admin.roles", Shield, "roles", () => import("./Roles")),
      section("pools", "pools.title", Waves, "roles", () => import("../pools/Settings")),
      section("access", "admin.access", Eye, "roles", () => import("./Access")),
    ],
  },
  {
    label: "admin.nav.data",
    entries: [
      { name: "import", label: "transfer.imports", icon: Upload, needs: "import", to: "/import" },
      section("everything", "everything.title", Archive, "settings", () => import("./Everything")),
      { name: "changes", label: "shell.changes", icon: History, to: "/changes" },
      section("mail", "mail.title", MailIcon, "settings", () => import("./Mail")),
      section("audit", "admin.audit", Fingerprint, "audit", () => import("./Audit")),
      section("retention", "admin.keep", Hourglass, "audit", () => import("./Retention")),
      { name: "bin", label: "shell.bin", icon: Trash2, needs: "bin", to: "/bin" },
    ],
  },
  {
    label: "admin.nav.connect",
    entries: [
      section("webhooks", "admin.hooks", Webhook, "settings", () => import("./Webhooks")),
      section("secrets", "admin.secrets", LockKeyhole, "settings", () => import("./Secrets")),
    ],
  },
  {
    label: "admin.nav.mine",
    entries: [
      section("me", "shell.me", User, "", () => import("./Me")),
      section("notifications", "told.settings", Bell, "", () => import("./Notifications")),
      section("shared", "admin.shared", Share2, "", () => import("./Shared")),
      section("tokens", "admin.tokens", KeyRound, "", () => import("./Tokens")),
    ],
  },
];

/** The sections that the reader may open. */
const shown = (catalog: Catalog) =>
  GROUPS.map((group) => ({
    ...group,
    entries: group.entries.filter(
      (entry) =>
        (!entry.needs || catalog.me.can.includes(entry.needs)) &&
        (entry.name !== "pipelines" || catalog.pipelines.length > 0) &&
        (!["users", "teams"].includes(entry.name) || catalog.object("user")),
    ),
  })).filter((group) => group.entries.length > 0);

/** The one of a name; without one the first, where there is room. */
const opened = (groups: typeof GROUPS, section: string | undefined, phone: boolean): Entry | undefined =>
  groups.flatMap((group) => group.entries).find((one) => one.page && (section ? one.name === section : !phone));

/** Sends for the file of the section that an address opens. */
export const sendForSection = async (catalog: Catalog, path: string): Promise<unknown> =>
  opened(shown(catalog), path.split("/")[0], isPhone())?.send?.();

/** The list is longer than most windows: the section that is open stands in it where it is seen. */
const intoView = (item: HTMLElement | null) => item?.scrollIntoView({ block: "nearest" });

export default function SettingsPage() {
  const t = useT();
  const phone = usePhone();
  const catalog = useCatalog();
  const splat = useParams({ strict: false, select: (params) => (params as { _splat?: string })._splat }) ?? "";
  const [section = "", name] = splat.split("/");
  const groups = useMemo(() => shown(catalog), [catalog]);
  const entry = opened(groups, section, phone);
  useTitle(entry ? null : t("shell.settings"));
  const Body = entry?.page;
  const there = GROUPS.some((group) => group.entries.some((one) => one.name === section && one.page));
  const body = Body ? (
    <Suspense fallback={<SkeletonRows />}>
      <Body key={entry?.name} name={name} />
    </Suspense>
  ) : (
    <ErrorState error={new ApiError(there ? 403 : 404, "")} />
  );
  const Title = phone ? "h1" : "p";
  const nav = (
    <nav className={styles.nav} aria-label={t("shell.settings")}>
      <Title className={styles.navTitle}>{t("shell.settings")}</Title>
      {groups.map((group) => (
        <div key={group.label} role="group" aria-label={t(group.label)}>
          <p className={styles.navGroup} aria-hidden="true">
            {t(group.label)}
          </p>
          {group.entries.map((one) => {
            const Sign = one.icon;
            const send = () => one.send?.().catch(() => undefined);
            return (
              <Link
                key={one.name}
                {...(one.to ? { to: one.to } : { to: "/settings/$", params: { _splat: one.name } })}
                className={cx(styles.navItem, one === entry && styles.navOn)}
                ref={one === entry ? intoView : undefined}
                onPointerEnter={send}
                onFocus={send}
                aria-current={one === entry ? "page" : undefined}
              >
                {phone && <Sign />}
                {t(one.label)}
              </Link>
            );
          })}
        </div>
      ))}
    </nav>
  );
  if (phone) return section ? body : nav;
  return (
    <div className={styles.settings}>
      {nav}
      <div className={styles.open} data-begin tabIndex={-1}>
        {body}
      </div>
    </div>
  );
}
