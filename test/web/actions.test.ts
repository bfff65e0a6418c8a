import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ConfigView } from "../../src/control/observe-routes.ts";
import type { Status } from "../../src/control/status.ts";
import { DotlsError } from "../../src/errors.ts";
import { describeWith } from "../support/needs.ts";
import { openTab, type Tab } from "./support/browser.ts";
import { type Dashboard, startDashboard } from "./support/dashboard.ts";

describeWith(["chromium"], "what can be done to a server by the dashboard", () => {
  let dashboard: Dashboard;
  let tab: Tab;
  let page: Page;
  /** What stands in the file when it is read again; a text: what is wrong with it. */
  let timeout: number | string = 1234;

  beforeAll(async () => {
    dashboard = await startDashboard({}, async (server, config) => {
      if (typeof timeout === "string") throw new DotlsError("ERR_DOTLS_CONFIG", timeout);
      return server.reload({ ...config, timeout, workers: 2 });
    });
    await dashboard.traffic();
    tab = await openTab(dashboard.url);
    ({ page } = tab);
    await page.goto(`${dashboard.url}/#/config`);
  }, 60_000);
  afterAll(async () => {
    await tab?.close();
    await dashboard?.stop();
  }, 30_000);

  /** Presses a button, and gives what is said beside it, and in which color. */
  async function press(name: string): Promise<{ said: string; color: string }> {
    const act = page.locator(".act", { has: page.getByRole("button", { name }) });
    const status = act.getByRole("status");
    await act.getByRole("button").click();
    await expect.poll(() => status.innerText()).not.toBe("");
    const color = await status.evaluate((one) => getComputedStyle(one).color);
    return { said: await status.innerText(), color };
  }

  const row = (key: string): Promise<string[]> =>
    page
      .getByRole("region", { name: "Options in force" })
      .locator("tbody tr", { has: page.getByText(key, { exact: true }) })
      .locator("th, td")
      .allInnerTexts();

  it("is to take the configuration anew, which says what needs a restart and shows the new values", async () => {
    await expect.poll(() => row("timeout")).toEqual(["timeout", "4s", "program"]);
    const { said } = await press("Reload the configuration");
    expect(said).toBe("in force; needs a restart: workers");
    await expect.poll(() => row("timeout")).toEqual(["timeout", "1234ms", "program"]);
    const { options } = await dashboard.api<ConfigView>("/v1/config");
    expect(options.find(({ key }) => key === "timeout")?.value).toBe("1234ms");
  });

  it("says in words, in another color, what is wrong with a new configuration, and the old one stays", async () => {
    const good = await press("Reload the configuration");
    timeout = "dotls.yaml:3:1: timout: this key is not known to this version (did you mean timeout?)";
    const bad = await press("Reload the configuration");
    expect(bad.said).toBe(timeout);
    expect(bad.color).not.toBe(good.color);
    expect(await row("timeout")).toEqual(["timeout", "1234ms", "program"]);
    expect(tab.faults.splice(0)).toEqual([expect.stringContaining("400")]);
    timeout = 2000;
    const again = await press("Reload the configuration");
    expect(again).toEqual(good);
    await expect.poll(() => row("timeout")).toEqual(["timeout", "2s", "program"]);
  });

  it("is to empty the cache and to forget the history, each only after a yes", async () => {
    const { cache, history } = await dashboard.api<Status>("/v1/status");
    expect(Math.min(cache!.entries, history.kept)).toBeGreaterThan(20);
    page.once("dialog", (dialog) => void dialog.dismiss());
    await page.getByRole("button", { name: "Empty the cache" }).click();
    expect((await dashboard.api<Status>("/v1/status")).cache!.entries).toBe(cache!.entries);
    page.on("dialog", (dialog) => void dialog.accept());
    expect((await press("Empty the cache")).said).toMatch(/^\d+ answers forgotten$/);
    expect((await press("Forget the history")).said).toBe(`${history.kept} queries forgotten`);
    const after = await dashboard.api<Status>("/v1/status");
    expect([after.cache!.entries, after.history.kept]).toEqual([0, 0]);
  });

  it("wrote nothing into the console", () => {
    expect(tab.faults).toEqual([]);
  });
});
