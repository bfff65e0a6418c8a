import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PAGES } from "../../web/route.ts";
import { TITLES } from "../../web/text/titles.ts";
import { describeWith } from "../support/needs.ts";
import { obstacles } from "./support/accessibility.ts";
import { type BrowserOptions, openTab, type Tab } from "./support/browser.ts";
import { type Dashboard, startDashboard } from "./support/dashboard.ts";

describeWith(["chromium"], "the dashboard for everybody", () => {
  let dashboard: Dashboard;
  let tab: Tab;
  let page: Page;

  beforeAll(async () => {
    dashboard = await startDashboard();
    await dashboard.traffic();
  }, 60_000);
  afterAll(() => dashboard?.stop(), 30_000);

  const open = async (name: string): Promise<void> => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${name}`);
    await page.getByRole("heading", { level: 1, name: TITLES[name as "overview"] }).waitFor();
    // Tables and charts come with the first reply.
    await page.locator("main .card, main .chart").first().waitFor();
    await page.getByText("Loading…").waitFor({ state: "detached" });
  };

  describe.each([
    ["on a desk, light", {}],
    ["on a desk, dark", { colors: "dark" }],
    ["on a phone, light", { width: 360, height: 740 }],
    ["on a phone, dark", { width: 360, height: 740, colors: "dark" }],
  ] satisfies [string, BrowserOptions][])("%s", (_, options) => {
    beforeAll(async () => {
      tab = await openTab(dashboard.url, options);
      ({ page } = tab);
    }, 60_000);
    afterAll(() => tab?.close(), 30_000);

    it.each(PAGES)("shows %s without an obstacle, and no wider than the screen", async (name) => {
      await open(name);
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await obstacles(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      // Everything of the navigation can be seen without scrolling it.
      const nav = await page
        .locator("nav")
        .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
      expect(nav).toBe(0);
    });

    it("shows the detail of a query without an obstacle", async () => {
      await open("queries");
      await page.getByRole("region", { name: "Queries, newest first" }).getByRole("button").first().click();
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      expect(await obstacles(page)).toEqual([]);
      const { width } = (await dialog.boundingBox())!;
      expect(width).toBeLessThanOrEqual(page.viewportSize()!.width);
      await page.keyboard.press("Escape");
    });
  });

  describe("with a keyboard alone", () => {
    beforeAll(async () => {
      tab = await openTab(dashboard.url);
      ({ page } = tab);
      await open("overview");
    }, 60_000);
    afterAll(() => tab?.close(), 30_000);

    /** What has the focus, in words, and whether that can be seen. */
    const focus = (): Promise<{ name: string; seen: boolean }> =>
      page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        // Of a choice, its text is what is drawn around.
        const drawn = element.matches("input[type=radio]") ? element.nextElementSibling! : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
        const name = element.getAttribute("aria-label") ?? element.textContent;
        return {
          name: name === "" ? element.tagName : name,
          seen: outlineStyle !== "none" && outlineWidth !== "0px",
        };
      });

    it("reaches everything in the order of the page, and shows where it is", async () => {
      const met: string[] = [];
      for (let n = 0; n < 9; n++) {
        await page.keyboard.press("Tab");
        const { name, seen } = await focus();
        met.push(name);
        expect([name, seen]).toEqual([name, true]);
      }
      expect(met).toEqual([
        "Skip to the content",
        "dotls",
        "Overview",
        "Upstreams",
        "Queries",
        "Insights",
        "Config",
        "Colors: auto. Change",
        "INPUT",
      ]);
    });

    it("skips what is on every page", async () => {
      await page.reload();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      expect(await page.evaluate(() => document.activeElement!.id)).toBe("main");
      expect(new URL(page.url()).hash).not.toBe("#main");
    });

    it("is at the top of a page that it has gone to, and finds the title there", async () => {
      await page.getByRole("link", { name: "Queries" }).press("Enter");
      await page.getByRole("heading", { level: 1, name: "Queries" }).waitFor();
      await expect.poll(() => page.evaluate(() => document.activeElement!.id)).toBe("main");
      expect(await page.title()).toBe("Queries · dotls");
      expect(await page.locator("[aria-current=page]").innerText()).toBe("Queries");
    });

    it("searches with a slash, opens a query, stays in it, and comes back to where it was", async () => {
      await page.keyboard.press("/");
      await page.keyboard.type("api.example.com");
      await page.keyboard.press("Enter");
      const rows = page.getByRole("region", { name: "Queries, newest first" }).locator("tbody tr");
      await expect.poll(() => rows.count()).toBe(40);
      await rows.nth(1).getByRole("button").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      for (let n = 0; n < 12; n++) {
        await page.keyboard.press("Tab");
        const inside = await page.evaluate(() => {
          const { activeElement } = document;
          return activeElement === document.body || activeElement!.closest("dialog") !== null;
        });
        expect(inside).toBe(true);
      }
      await page.keyboard.press("Escape");
      await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
      expect(await page.evaluate(() => document.activeElement!.closest("tr") !== null)).toBe(true);
    });

    it("types a slash into a field as a slash", async () => {
      await page.getByLabel("Name").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("/");
      expect(await page.getByLabel("Name").inputValue()).toBe("api.example.com/");
    });
  });

  it("has checks that see what they are for", async () => {
    const own = await openTab(dashboard.url);
    onTestFinished(() => own.close());
    ({ page } = own);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await obstacles(page)).toEqual([]);
    await page.evaluate(() => {
      document.querySelector("main")!.insertAdjacentHTML(
        "beforeend",
        `<button></button><input id="main" /><b tabindex="3">x</b><h4>y</h4><th>z</th>
         <div class="faint">hard to read</div><div class="scroller">wide wide wide</div><button class="tiny">.</button>`,
      );
      const set = (selector: string, style: Partial<CSSStyleDeclaration>): void => {
        Object.assign(document.querySelector<HTMLElement>(selector)!.style, style);
      };
      set(".faint", { color: "#999", background: "#fff" });
      set(".scroller", { overflow: "auto", width: "20px", whiteSpace: "nowrap" });
      set(".tiny", { minHeight: "0", height: "12px", padding: "0" });
    });
    const found = (await obstacles(page)).join("\n");
    for (const what of [
      "two have the id main",
      "no name: <button></button>",
      "no name: <input",
      "out of order: <b",
      "a heading of level 4",
      "contrast 2.85",
      "scrolls by mouse alone",
      "too small to touch",
    ]) {
      expect(found).toContain(what);
    }
  });

  describe("the switch between light and dark", () => {
    beforeAll(async () => {
      tab = await openTab(dashboard.url);
      ({ page } = tab);
      await open("overview");
    }, 60_000);
    afterAll(() => tab?.close(), 30_000);

    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);

    it("goes from the system's choice to light, dark and back, and is kept", async () => {
      const light = await ground();
      await page.emulateMedia({ colorScheme: "dark" });
      const dark = await ground();
      expect(dark).not.toBe(light);
      const button = page.getByRole("button", { name: /^Colors/ });
      await button.click();
      await expect.poll(ground).toBe(light);
      await button.click();
      await page.emulateMedia({ colorScheme: "light" });
      await expect.poll(ground).toBe(dark);
      await page.reload();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      expect(await ground()).toBe(dark);
      expect(await button.innerText()).toContain("dark");
      await button.click();
      await expect.poll(ground).toBe(light);
    });
  });
});
