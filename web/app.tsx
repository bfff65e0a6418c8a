import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Status } from "../src/control/status.ts";
import { keepToken, token } from "./api/session.ts";
import { usePoll } from "./hooks/use-poll.ts";
import { useRoute } from "./hooks/use-route.ts";
import { useTheme } from "./hooks/use-theme.ts";
import { Config } from "./pages/config.tsx";
import { Insights } from "./pages/insights.tsx";
import { Login } from "./pages/login.tsx";
import { Overview } from "./pages/overview.tsx";
import { Queries } from "./pages/queries.tsx";
import { Upstreams } from "./pages/upstreams.tsx";
import { BypassBanner } from "./parts/bypass-banner.tsx";
import { GoneBanner } from "./parts/gone-banner.tsx";
import { Header } from "./parts/header.tsx";
import type { PageName, Route } from "./route.ts";
import { TITLES } from "./text/titles.ts";

/** How often the status is read, in ms. */
const PAUSE = 2000;

/** The dashboard. */
export function App(): VNode {
  const route = useRoute();
  const theme = useTheme();
  const status = usePoll<Status>("/v1/status", PAUSE);
  const [locked, setLocked] = useState(false);
  const kind = status.error?.kind ?? null;
  useEffect(() => {
    if (kind === "locked") setLocked(true);
    else if (kind === null && status.data !== null) setLocked(false);
  }, [kind, status.data]);
  const main = useFocusOnMove(route.page);
  const Page = DRAWN[route.page];
  useEffect(() => {
    document.title = locked ? "dotls: log in" : `${TITLES[route.page]} · dotls`;
  }, [route.page, locked]);

  const enter = (value: string): void => {
    keepToken(value);
    status.again();
  };
  const leave = (): void => {
    keepToken(null);
    setLocked(true);
    status.again();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => jump(event, main.current)}>
        Skip to the content
      </a>
      <Header
        page={route.page}
        status={status.data}
        theme={theme}
        onLeave={token() === null || locked ? null : leave}
      />
      {!locked && status.data !== null && <BypassBanner status={status.data} again={status.again} />}
      <GoneBanner gone={kind === "gone"} error={kind === "refused" ? status.error!.message : null} />
      <main id="main" ref={main} tabIndex={-1}>
        {locked ? (
          <Login wrong={kind === "locked" && token() !== null} enter={enter} />
        ) : status.data === null ? (
          <p class="muted">{kind === null ? "Loading…" : ""}</p>
        ) : (
          <Page key={`${route.page} ${theme.dark}`} route={route} status={status.data} />
        )}
      </main>
    </>
  );
}

interface PageProps {
  readonly route: Route;
  readonly status: Status;
}

const DRAWN: Readonly<Record<PageName, (props: PageProps) => VNode>> = {
  overview: ({ status }) => <Overview status={status} />,
  upstreams: ({ status }) => <Upstreams status={status} />,
  queries: ({ status, route }) => <Queries status={status} parameters={route.parameters} />,
  insights: () => <Insights />,
  config: ({ status }) => <Config status={status} />,
};

/** Another page begins at its top, also for who reads with the keyboard; the first page leaves the focus where it is. */
function useFocusOnMove(page: PageName): { current: HTMLElement | null } {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    main.current?.focus();
    scrollTo(0, 0);
  }, [page]);
  return main;
}

/** Goes there without a change of the address, which says the page. */
function jump(event: Event, to: HTMLElement | null): void {
  event.preventDefault();
  to?.focus();
}
