/** Areas, the objects in them, and what was looked at last. */
import { Link, useParams, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCatalog, useWorkspace } from "../api/queries";
import { useFormat, useT } from "../i18n";
import { Avatar, cx, Icon, Mark, Tally, Tooltip, Word } from "../ui";
import { useDueCount } from "./agenda";
import { type Area, useAreas, usePages } from "./nav";
import { usePinned } from "./pins";
import { useRecents } from "./recent";
import styles from "./shell.module.css";

export function Sidebar({ folded }: { folded: boolean }) {
  const t = useT();
  const areas = useAreas();
  const pages = usePages();
  const workspace = useWorkspace();
  const recents = useRecents();
  const due = useDueCount();
  const pinned = usePinned();
  const catalog = useCatalog();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const open = useParams({ strict: false, select: (params) => (params as { object?: string }).object });
  const here = pages.find(({ to }) => path.startsWith(to));
  const item = (page: (typeof pages)[number]) => (
    <Item
      key={page.to}
      to={page.to}
      icon={<Icon name={page.icon} />}
      label={page.title}
      on={page === here}
      folded={folded}
      n={page.n}
    />
  );
  const record = (object: string, id: string, title: string) => (
    <Link key={id} to="/o/$object/$id" params={{ object, id }} className={cx(styles.item, styles.small)}>
      <Avatar name={title} id={id} size={18} square={!isPerson(object)} />
      <span className="ellipsis" dir="auto">
        {title || catalog.object(object)?.name}
      </span>
    </Link>
  );
  return (
    <nav className={styles.side} aria-label={t("shell.navigation")}>
      <Link to="/" className={styles.brand} aria-label={workspace.name}>
        <Mark />
        {!folded && (
          <>
            <Word />
            <span className={styles.company}>{workspace.name}</span>
          </>
        )}
      </Link>
      <div className={styles.areas}>
        {areas.map((area) => (
          <AreaItem key={area.name} area={area} open={open} path={path} folded={folded} due={due} />
        ))}
        {pages.filter((page) => page.daily).map(item)}
        {!folded && pinned.length > 0 && (
          <>
            <p className={styles.group}>{t("shell.pins")}</p>
            {pinned.map((pin) =>
              pin.id ? (
                record(pin.object, pin.id, pin.title)
              ) : (
                <Link
                  key={`${pin.object} ${pin.view}`}
                  to="/o/$object"
                  params={{ object: pin.object }}
                  search={{ view: pin.view }}
                  className={cx(styles.item, styles.small)}
                >
                  <Icon name={pin.icon} />
                  <span className="ellipsis" dir="auto">
                    {pin.title}
                  </span>
                </Link>
              ),
            )}
          </>
        )}
        {!folded && recents.length > 0 && (
          <>
            <p className={styles.group}>{t("shell.recent")}</p>
            {recents.map((recent) => record(recent.object, recent.id, recent.title))}
          </>
        )}
      </div>
      <div className={styles.foot}>{pages.filter((page) => !page.daily).map(item)}</div>
    </nav>
  );
}

const isPerson = (object: string): boolean => object === "contact" || object === "user" || object === "lead";

interface AreaItemProps {
  area: Area;
  open?: string;
  path: string;
  folded: boolean;
  /** How much of the day is left to do. */
  due: number;
}

function AreaItem({ area, open, path, folded, due }: AreaItemProps) {
  const today = area.name === "today";
  const inside = area.objects.some(({ object }) => object.name === open);
  const first = area.objects[0]?.object.name;
  const on = today ? path === "/" : inside;
  const body = (
    <>
      <Icon name={area.icon} />
      {!folded && <span className="ellipsis">{area.label}</span>}
      {!folded && today && due > 0 && <Count n={due} />}
    </>
  );
  const className = cx(styles.item, on && (today || folded) && styles.on, on && !today && styles.inside);
  const link = today ? (
    <Link
      to="/"
      className={className}
      aria-label={folded ? area.label : undefined}
      aria-current={on ? "page" : undefined}
    >
      {body}
    </Link>
  ) : (
    <Link
      to="/o/$object"
      params={{ object: first ?? "" }}
      search={{}}
      className={className}
      aria-label={folded ? area.label : undefined}
    >
      {body}
    </Link>
  );
  return (
    <div>
      {folded ? (
        <Tooltip title={area.label} side="right">
          {link}
        </Tooltip>
      ) : (
        link
      )}
      {!folded && (inside || (today && (on || inside))) && (
        <div>
          {area.objects.map(({ object, label }) => (
            <Link
              key={object.name}
              to="/o/$object"
              params={{ object: object.name }}
              search={{}}
              className={cx(styles.item, styles.sub, object.name === open && styles.on)}
              aria-current={object.name === open ? "page" : undefined}
            >
              <span className="ellipsis">{label}</span>
            </Link>
          ))}
        </div>
      )}
    </div>
  );
}

/** How many wait there. */
function Count({ n }: { n: number }) {
  const f = useFormat();
  return <Tally className={styles.n}>{f.number(n)}</Tally>;
}

function Item({
  to,
  icon,
  label,
  on,
  folded,
  n = 0,
}: {
  to: string;
  icon: ReactNode;
  label: string;
  on: boolean;
  folded: boolean;
  n?: number;
}) {
  const link = (
    <Link
      to={to}
      className={cx(styles.item, on && styles.on)}
      aria-current={on ? "page" : undefined}
      aria-label={folded ? label : undefined}
    >
      {icon}
      {!folded && <span className="ellipsis">{label}</span>}
      {!folded && n > 0 && <Count n={n} />}
    </Link>
  );
  return folded ? (
    <Tooltip title={label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
