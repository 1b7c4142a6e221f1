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

/** A section of its own file: who looks at one does not wait for the others. */
const part = (load: Load) => {
  const { Part, send } = sentFor(() => arrived(load));
  return { page: Part, send };
};

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

const GROUPS: { label: Key; entries: Entry[] }[] = [
  {
    label: "admin.nav.shape",
    entries: [
      { name: "objects", label: "admin.objects", icon: Blocks, needs: "catalog", ...part(() => import("./Objects")) },
      { name: "rules", label: "admin.rules", icon: ScrollText, needs: "catalog", ...part(() => import("./Rules")) },
      { name: "flows", label: "flow.title", icon: Workflow, needs: "catalog", ...part(() => import("../flows/Flows")) },
      {
        name: "standing",
        label: "standing.title",
        icon: Medal,
        needs: "catalog",
        ...part(() => import("../standing/Schemes")),
      },
      {
        name: "pipelines",
        label: "admin.pipelines",
        icon: GitBranch,
        needs: "catalog",
        ...part(() => import("./Pipelines")),
      },
      {
        name: "layouts",
        label: "admin.layouts",
        icon: LayoutPanelLeft,
        needs: "catalog",
        ...part(() => import("./Layouts")),
      },
      { name: "tags", label: "admin.tags", icon: TagsIcon, needs: "catalog", ...part(() => import("./Tags")) },
      { name: "packs", label: "admin.packs", icon: Package, needs: "catalog", ...part(() => import("./Packs")) },
    ],
  },
  {
    label: "admin.nav.people",
    entries: [
      { name: "users", label: "admin.users", icon: UsersIcon, needs: "users", ...part(() => import("./Users")) },
      { name: "teams", label: "admin.teams", icon: UsersRound, needs: "users", ...part(() => import("./Teams")) },
      { name: "roles", label: "admin.roles", icon: Shield, needs: "roles", ...part(() => import("./Roles")) },
      { name: "pools", label: "pools.title", icon: Waves, needs: "roles", ...part(() => import("../pools/Settings")) },
      { name: "access", label: "admin.access", icon: Eye, needs: "roles", ...part(() => import("./Access")) },
    ],
  },
  {
    label: "admin.nav.data",
    entries: [
      { name: "import", label: "transfer.imports", icon: Upload, needs: "import", to: "/import" },
      {
        name: "everything",
        label: "everything.title",
        icon: Archive,
        needs: "settings",
        ...part(() => import("./Everything")),
      },
      { name: "changes", label: "shell.changes", icon: History, to: "/changes" },
      { name: "mail", label: "mail.title", icon: MailIcon, needs: "settings", ...part(() => import("./Mail")) },
      { name: "audit", label: "admin.audit", icon: Fingerprint, needs: "audit", ...part(() => import("./Audit")) },
      { name: "retention", label: "admin.keep", icon: Hourglass, needs: "audit", ...part(() => import("./Retention")) },
      { name: "bin", label: "shell.bin", icon: Trash2, needs: "bin", to: "/bin" },
    ],
  },
  {
    label: "admin.nav.connect",
    entries: [
      { name: "webhooks", label: "admin.hooks", icon: Webhook, needs: "settings", ...part(() => import("./Webhooks")) },
      {
        name: "secrets",
        label: "admin.secrets",
        icon: LockKeyhole,
        needs: "settings",
        ...part(() => import("./Secrets")),
      },
    ],
  },
  {
    label: "admin.nav.mine",
    entries: [
      { name: "me", label: "shell.me", icon: User, ...part(() => import("./Me")) },
      { name: "notifications", label: "told.settings", icon: Bell, ...part(() => import("./Notifications")) },
      { name: "shared", label: "admin.shared", icon: Share2, ...part(() => import("./Shared")) },
      { name: "tokens", label: "admin.tokens", icon: KeyRound, ...part(() => import("./Tokens")) },
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
  const nothing = <ErrorState error={new ApiError(there ? 403 : 404, "")} />;
  const nav = (
    <nav className={styles.nav} aria-label={t("shell.settings")}>
      {phone ? (
        <h1 className={styles.navTitle}>{t("shell.settings")}</h1>
      ) : (
        <p className={styles.navTitle}>{t("shell.settings")}</p>
      )}
      {groups.map((group) => (
        <div key={group.label} role="group" aria-label={t(group.label)}>
          <p className={styles.navGroup} aria-hidden="true">
            {t(group.label)}
          </p>
          {group.entries.map((one) => {
            const Sign = one.icon;
            const body = (
              <>
                {phone && <Sign />}
                {t(one.label)}
              </>
            );
            const className = cx(styles.navItem, one === entry && styles.navOn);
            return one.to ? (
              <Link key={one.name} to={one.to} className={className}>
                {body}
              </Link>
            ) : (
              <Link
                key={one.name}
                to="/settings/$"
                params={{ _splat: one.name }}
                className={className}
                ref={one === entry ? intoView : undefined}
                onPointerEnter={() => one.send?.().catch(() => undefined)}
                onFocus={() => one.send?.().catch(() => undefined)}
                aria-current={one === entry ? "page" : undefined}
              >
                {body}
              </Link>
            );
          })}
        </div>
      ))}
    </nav>
  );
  if (phone)
    return section ? (
      Body ? (
        <Suspense fallback={<SkeletonRows />}>
          <Body name={name} />
        </Suspense>
      ) : (
        nothing
      )
    ) : (
      nav
    );
  return (
    <div className={styles.settings}>
      {nav}
      <div className={styles.open} data-begin tabIndex={-1}>
        {Body ? (
          <Suspense fallback={<SkeletonRows />}>
            <Body key={entry?.name} name={name} />
          </Suspense>
        ) : (
          nothing
        )}
      </div>
    </div>
  );
}
