import type { VNode } from "preact";
import type { Status } from "../../src/control/status.ts";
import type { Theme } from "../hooks/use-theme.ts";
import { linkTo, type PageName, PAGES } from "../route.ts";
import { duration } from "../text/times.ts";
import { TITLES } from "../text/titles.ts";

interface HeaderProps {
  readonly page: PageName;
  readonly status: Status | null;
  readonly theme: { readonly theme: Theme; readonly next: () => void };
  /** Null when nobody is logged in. */
  readonly onLeave: (() => void) | null;
}

/** Name, pages, and the switch between light and dark. */
export function Header({ page, status, theme, onLeave }: HeaderProps): VNode {
  return (
    <header>
      <a class="brand" href={linkTo("overview")}>
        dotls
      </a>
      <nav aria-label="Pages">
        {PAGES.map((name) => (
          <a key={name} href={linkTo(name)} aria-current={name === page ? "page" : undefined}>
            {TITLES[name]}
          </a>
        ))}
      </nav>
      <span class="about">{status !== null && `${status.version} · up ${duration(status.uptime)}`}</span>
      <button type="button" onClick={theme.next} aria-label={`Colors: ${theme.theme}. Change`}>
        {{ auto: "◐ auto", light: "○ light", dark: "● dark" }[theme.theme]}
      </button>
      {onLeave !== null && (
        <button type="button" onClick={onLeave}>
          Log out
        </button>
      )}
    </header>
  );
}
