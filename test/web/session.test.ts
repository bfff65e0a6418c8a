import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { hashToken } from "../../src/control/token.ts";
import type { Config } from "../../src/config/config.ts";
import type { BypassStatus, Status } from "../../src/control/status.ts";
import { describeWith } from "../support/needs.ts";
import { plainConfig } from "../support/serve.ts";
import { openTab, type Tab } from "./support/browser.ts";
import { type Dashboard, startDashboard } from "./support/dashboard.ts";
import { obstacles } from "./support/accessibility.ts";

const TOKEN = "correct-horse-battery-staple";

async function started(
  change: Partial<Config> = {},
): Promise<{ dashboard: Dashboard; tab: Tab; page: Page }> {
  const dashboard = await startDashboard(change);
  const tab = await openTab(dashboard.url);
  let closed = false;
  onTestFinished(async () => {
    await tab.close();
    if (!closed) await dashboard.stop();
  });
  const stop = async (): Promise<void> => {
    closed = true;
    await dashboard.stop();
  };
  return { dashboard: { ...dashboard, stop }, tab, page: tab.page };
}

describeWith(["chromium"], "the dashboard and its server", () => {
  describe("with a token", () => {
    const http = { address: "127.0.0.1", port: 0 };

    it("asks for it, keeps it for the tab alone, never puts it into an address, and forgets it", async () => {
      const hash = await hashToken(TOKEN);
      const { page, tab } = await started({ control: { socket: null, http, token: { hash } } });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.getByRole("heading", { name: "Log in" }).waitFor();
      expect(await obstacles(page)).toEqual([]);

      await page.getByLabel("Token").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("The server does not know this token.").waitFor();
      const refused = asked.filter((url) => url.endsWith("/v1/status")).length;
      await page.waitForTimeout(2500);
      // It does not go on to knock with a token that is known to be wrong.
      expect(asked.filter((url) => url.endsWith("/v1/status"))).toHaveLength(refused);

      await page.getByLabel("Token").fill(TOKEN);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      await page.evaluate(() => {
        location.hash = "#/queries";
      });
      await page.getByRole("heading", { level: 1, name: "Queries" }).waitFor();
      expect(asked.some((url) => url.includes("/v1/live"))).toBe(true);
      expect([...asked, page.url()].join(" ")).not.toContain(TOKEN);
      expect(
        await page.evaluate(() => JSON.stringify(Object.entries(localStorage)) + document.cookie),
      ).not.toContain(TOKEN);

      const other = await tab.context.newPage();
      await other.goto(page.url());
      await other.getByRole("heading", { name: "Log in" }).waitFor();

      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("heading", { name: "Log in" }).waitFor();
      await page.reload();
      await page.getByRole("heading", { name: "Log in" }).waitFor();
      // What was refused is in the console; nothing else is.
      expect(tab.faults.filter((fault) => !fault.includes("401"))).toEqual([]);
    }, 60_000);
  });

  describe("when the server goes", () => {
    it("says so, keeps what it has, and goes on by itself when it is back", async () => {
      const { dashboard, page } = await started();
      await dashboard.traffic();
      await page.evaluate(() => {
        location.hash = "#/queries";
      });
      const rows = page.getByRole("region", { name: "Queries, newest first" }).locator("tbody tr");
      await expect.poll(() => rows.count()).toBeGreaterThan(100);
      const { port } = new URL(dashboard.url);
      await dashboard.stop();
      await page.getByText("The server does not answer.").waitFor();
      expect(await rows.count()).toBeGreaterThan(100);

      const http = { address: "127.0.0.1", port: Number(port) };
      const again = await startDashboard({ control: { ...plainConfig.control, http } });
      onTestFinished(() => again.stop());
      await expect.poll(() => page.getByText("The server does not answer.").count()).toBe(0);
      await again.client.ask("after.example.net");
      await expect.poll(() => rows.first().innerText()).toContain("after.example.net.");
      await expect.poll(() => rows.count()).toBe(1);
    }, 60_000);
  });

  describe("while the bypass is open", () => {
    it("says so in red on every page, and can close it", async () => {
      const { page } = await started();
      let open: BypassStatus["open"] = {
        since: new Date().toISOString(),
        until: new Date(Date.now() + 290_000).toISOString(),
        by: "tester",
        resolvers: ["192.0.2.53"],
      };
      // Which resolvers the network of this machine has, or whether it has one, is not for a test to say.
      await page.route("**/v1/status", async (route) => {
        const status: Status = await (await route.fetch()).json();
        await route.fulfill({ json: { ...status, bypass: { enabled: true, open } } });
      });
      await page.route("**/v1/bypass*", async (route) => {
        if (route.request().method() === "DELETE") open = null;
        await route.fulfill({ json: { enabled: true, open } });
      });
      const banner = page.getByRole("alert").filter({ hasText: "The bypass is open" });
      await banner.waitFor();
      for (const name of ["upstreams", "queries", "insights", "config", "overview"]) {
        await page.evaluate((hash) => {
          location.hash = hash;
        }, `#/${name}`);
        await page.locator(`[aria-current=page][href="#/${name}"]`).waitFor();
        expect(await banner.innerText()).toMatch(
          /unencrypted to 192\.0\.2\.53, for another 4 min\. Opened by tester\./,
        );
        const color = await banner
          .locator(".banner")
          .evaluate((element) => getComputedStyle(element).backgroundColor);
        expect(color).toBe("rgb(179, 35, 26)");
      }
      expect(await obstacles(page)).toEqual([]);
      await banner.getByRole("button", { name: "Close it now" }).click();
      await expect.poll(() => banner.count()).toBe(0);
    }, 60_000);
  });

  describe("with less in the history", () => {
    it.each([
      ["hide-clients", "does not keep who asked"],
      ["counters-only", "keeps nothing of any query"],
    ] as const)(
      "hides what it has to: %s",
      async (privacy, words) => {
        const history = { ...plainConfig.history, size: 100, privacy };
        const { dashboard, page } = await started({ history });
        await dashboard.traffic();
        await page.evaluate(() => {
          location.hash = "#/insights";
        });
        await page.getByText(words).waitFor();
        expect(await page.getByRole("heading", { name: "Clients" }).count()).toBe(0);
        expect(await page.getByRole("heading", { name: "Slowest" }).count()).toBe(
          privacy === "hide-clients" ? 1 : 0,
        );
        expect(await page.locator("main").innerText()).not.toContain("127.0.0.1\t");
      },
      60_000,
    );
  });
});
