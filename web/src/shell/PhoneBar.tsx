/** The thumb's bar: Today, the two lists used most, create, more. */
import { Link, useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { CalendarCheck, Menu as More, Plus } from "lucide-react";
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { cx, Icon, Tally } from "../ui";
import { Drawer } from "../ui/antd";
import { useCreate } from "./create";
import { useCreatable } from "./me";
import { useAreas, usePages } from "./nav";
import styles from "./shell.module.css";

const FIRST = ["account", "opportunity"];

export function PhoneBar() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const f = useFormat();
  const pages = usePages();
  const areas = useAreas();
  const create = useCreate();
  const creatable = useCreatable();
  const navigate = useNavigate();
  const [sheet, setSheet] = useState<"create" | "more" | null>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const open = useParams({ strict: false, select: (params) => (params as { object?: string }).object });
  const known = catalog.objects.filter((object) => object.can.read && object.area !== "settings");
  const first = [
    ...known.filter((object) => FIRST.includes(object.name)),
    ...known.filter((object) => !FIRST.includes(object.name)),
  ].slice(0, 2);
  const close = () => setSheet(null);
  return (
    <>
      <nav className={styles.bar} aria-label={t("shell.navigation")}>
        <Link to="/" className={cx(path === "/" && styles.barOn)} aria-current={path === "/" ? "page" : undefined}>
          <CalendarCheck />
          {t("shell.area.today")}
        </Link>
        {first.map((object) => (
          <Link
            key={object.name}
            to="/o/$object"
            params={{ object: object.name }}
            search={{}}
            className={cx(open === object.name && styles.barOn)}
            aria-current={open === object.name ? "page" : undefined}
          >
            <Icon name={object.icon} size={20} />
            {label(object.plural, object.name)}
          </Link>
        ))}
        {creatable.length + catalog.forms.length > 0 && (
          <button type="button" onClick={() => setSheet("create")}>
            <Plus />
            {t("shell.create")}
          </button>
        )}
        <button type="button" onClick={() => setSheet("more")}>
          <More />
          {t("shell.more")}
        </button>
      </nav>
      <Drawer
        open={sheet !== null}
        onClose={close}
        placement="bottom"
        size="auto"
        title={sheet === "create" ? t("shell.create") : t("shell.more")}
        classNames={{ body: styles.sheetBody }}
      >
        {sheet === "create" &&
          creatable.map(({ object, label: name }) => (
            <button
              type="button"
              key={object.name}
              className={styles.thumb}
              onClick={() => {
                close();
                create({
                  object: object.name,
                  onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: object.name, id } }),
                });
              }}
            >
              <Icon name={object.icon} size={22} />
              {name}
            </button>
          ))}
        {sheet === "create" &&
          catalog.forms.map((form) => (
            <button
              type="button"
              key={form.flow}
              className={styles.thumb}
              onClick={() => {
                close();
                create({ form });
              }}
            >
              <Icon name="clipboard" size={22} />
              {label(form.label, form.name)}
            </button>
          ))}
        {sheet === "more" && (
          <>
            {areas.flatMap((area) =>
              area.objects.map(({ object, label: name }) => (
                <Link
                  key={object.name}
                  to="/o/$object"
                  params={{ object: object.name }}
                  search={{}}
                  className={styles.thumb}
                  onClick={close}
                >
                  <Icon name={object.icon} size={22} />
                  {name}
                </Link>
              )),
            )}
            {pages.map(({ to, title, icon, n }) => (
              <Link key={to} to={to} className={styles.thumb} onClick={close}>
                <Icon name={icon} size={22} />
                {title}
                {n > 0 && <Tally className={styles.n}>{f.number(n)}</Tally>}
              </Link>
            ))}
          </>
        )}
      </Drawer>
    </>
  );
}
