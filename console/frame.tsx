import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink } from "react-router";
import type { PageEntry } from "./pages.ts";
import { Switches } from "./ui/switches.tsx";

interface FrameProps {
  readonly entries: readonly PageEntry[];
  /** Stands above menu and page. */
  readonly banner?: ReactNode;
  readonly children: ReactNode;
}

/** What stands around each page: skip link, name, switches, menu, statement of accessibility. */
export function Frame({ entries, banner, children }: FrameProps) {
  const { t } = useTranslation();
  return (
    <>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      <header className="top">
        <Link className="brand" to="/">
          <img src="/assets/kontor.svg" alt="" width="28" height="28" />
          Kontor
        </Link>
        <Switches />
      </header>
      {banner}
      <div className={entries.length > 0 ? "frame" : ""}>
        {entries.length > 0 ? (
          <nav className="menu" aria-label={t("app.menu")}>
            <ul>
              {entries.map(({ path, name }) => (
                <li key={path}>
                  <NavLink to={path} end={path === "/"}>
                    {t(`${name}.title`)}
                  </NavLink>
                </li>
              ))}
            </ul>
          </nav>
        ) : null}
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <footer className="foot">
        <Link to="/accessibility">{t("accessibility.title")}</Link>
      </footer>
    </>
  );
}
