import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ConfigView } from "../../src/control/observe-routes.ts";
import type { Status, UpstreamDetail } from "../../src/control/status.ts";
import type { Insights } from "../../src/observe/insights.ts";
import type { TrendView } from "../../src/observe/trend-view.ts";
import { count, milliseconds, rate, share } from "../../web/text/numbers.ts";
import { describeWith } from "../support/needs.ts";
import { openTab, type Tab } from "./support/browser.ts";
import { type Dashboard, startDashboard } from "./support/dashboard.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

describeWith(["chromium"], "the pages of the dashboard, with real traffic", () => {
  let dashboard: Dashboard;
  let tab: Tab;
  let page: Page;

  beforeAll(async () => {
    dashboard = await startDashboard();
    await dashboard.traffic();
    tab = await openTab(dashboard.url);
    ({ page } = tab);
  }, 60_000);
  afterAll(async () => {
    await tab?.close();
    await dashboard?.stop();
  }, 30_000);

  const go = (name: string): Promise<void> =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${name}`);

  /** A number and what stands below it. */
  const tile = async (label: string): Promise<string[]> => {
    const box = page.locator(".tile", { has: page.getByText(label, { exact: true }) });
    return box.locator("dd").allInnerTexts();
  };

  /** Rows of a table of counts: label, count, share. */
  const bars = async (title: string): Promise<string[][]> => {
    const rows = page.getByRole("table", { name: title, exact: true }).getByRole("row");
    return Promise.all((await rows.all()).map((row) => row.locator("th, td").allInnerTexts()));
  };

  it("show on the overview what the API says", async () => {
    await go("overview");
    // The page asks for itself: on a busy machine it may show what the API said to it a moment before.
    const said = new Set<string>();
    await expect
      .poll(async () => {
        const { now } = await dashboard.api<TrendView>("/v1/trend");
        if (now !== null) said.add(rate(now.received / now.seconds));
        const [value = ""] = await tile("Queries a second");
        return said.has(value);
      })
      .toBe(true);
    const { queries } = await dashboard.api<Status>("/v1/status");
    expect(queries.received).toBeGreaterThan(130);
    expect((await tile("Queries a second"))[1]).toBe(`${count(queries.received)} since the start`);
    await expect
      .poll(() => tile("Encrypted"))
      .toEqual([share(1, 1), `${count(queries.forwarded)} answers over TLS`]);
    expect(queries.clear).toBe(0);
    await expect
      .poll(async () => {
        const { now } = await dashboard.api<TrendView>("/v1/trend");
        const [median, others] = await tile("Time to the answer");
        return (
          [median, others].join() ===
          [milliseconds(now!.p50), `p95 ${milliseconds(now!.p95)} · p99 ${milliseconds(now!.p99)}`].join()
        );
      })
      .toBe(true);
    expect((await tile("From the cache"))[1]).toBe(`${count(queries.cached)} since the start`);
    expect(queries.cached).toBeGreaterThan(0);

    const replies = Object.values(queries.replies).reduce((a, b) => a + b, 0);
    expect(await bars("Results")).toEqual(
      Object.entries(queries.replies).map(([rcode, value]) => [rcode, count(value), share(value, replies)]),
    );
    const came = new Map((await bars("Where answers come from")).map(([label, value]) => [label, value]));
    expect(came.get("upstream")).toBe(count(queries.forwarded));
    expect(came.get("cache")).toBe(count(queries.cached));
    expect((await bars("Errors, in words")).map(([text, value]) => [text, value])).toEqual(
      Object.entries(queries.errors).map(([text, value]) => [text, count(value)]),
    );
  });

  it("draw the course of things, and tell it as text", async () => {
    await go("overview");
    const chart = page.getByRole("img", { name: /^Queries a second: upstream [\d.]+, cache [\d.]+/ });
    await chart.waitFor();
    // Lines were drawn: there is more than one color on it.
    const colors = await chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    expect(colors).toBeGreaterThan(10);
    await page.locator("figure", { has: chart }).locator("summary").click();
    const table = page.getByRole("region", { name: "Queries a second, table" });
    await expect.poll(() => table.getByRole("row").count()).toBeGreaterThan(2);
    await page.getByText("1 h", { exact: true }).click();
    await expect.poll(() => page.getByRole("radio", { name: "1 h" }).isChecked()).toBe(true);
    await page.getByText("5 min", { exact: true }).click();
  });

  it("show each upstream with its state, its error in words, its proof, and test it", async () => {
    await go("upstreams");
    const details = await dashboard.api<UpstreamDetail[]>("/v1/upstreams");
    const card = (at: number) => page.getByRole("region", { name: details[at]!.label, exact: true });
    await expect.poll(() => card(0).innerText()).toContain(`certificate for ${details[0]!.name}`);
    const text = await card(0).innerText();
    expect(text).toContain(`${count(details[0]!.answers)} of ${count(details[0]!.queries)} asked`);
    expect(text).toContain(details[0]!.tls!.version!);
    await card(0).locator("summary").click();
    for (const pin of details[0]!.certificate!.pins) expect(await card(0).innerText()).toContain(pin);
    expect(await card(2).innerText()).toContain("Look at the clock of this host first.");
    expect(await card(2).locator(".chip").innerText()).toBe("down");

    await card(0)
      .getByRole("button", { name: /^Test now/ })
      .click();
    await expect.poll(() => card(0).locator(".test").innerText()).toMatch(/✓ works.*TLSv1\.3.*answer/s);
    await card(2)
      .getByRole("button", { name: /^Test now/ })
      .click();
    await expect.poll(() => card(2).locator(".test").innerText()).toMatch(/✗ fails.*certificate expired/s);
  });

  it("follow the queries, search in them, and take one apart", async () => {
    await go("queries");
    const rows = page.getByRole("region", { name: "Queries, newest first" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBeGreaterThan(100);
    await dashboard.client.ask("just-now.example.net");
    await expect.poll(() => rows.first().innerText()).toContain("just-now.example.net.");

    await page.getByLabel("Name").fill("*.cluster.test");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(4);
    for (const row of await rows.all()) expect(await row.innerText()).toContain("NXDOMAIN");
    await page.getByRole("link", { name: "Clear" }).click();
    await expect.poll(() => rows.count()).toBeGreaterThan(100);

    await page.getByLabel("Result").fill("nonsense");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => page.getByRole("alert").allInnerTexts())
      .toContainEqual(expect.stringContaining("nonsense"));
    // A refusal is one of the network, which the console has as well.
    expect(tab.faults.splice(0)).toEqual([expect.stringContaining("400")]);
    await go("queries?name=just-now.example.net.");

    await rows.first().getByRole("button").click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    const shown = await dialog.innerText();
    for (const word of ["wait", "connect", "TLS", "send", "answer", "reply"]) expect(shown).toContain(word);
    expect(shown).toContain("status: NOERROR");
    await dialog.getByRole("button", { name: "Copy the command" }).click();
    await expect.poll(() => dialog.innerText()).toContain("copied");
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const [, ...words] = command.split(" ");
    // The server runs in this process: waiting for the command must not stop it.
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...words, "+short"]);
    expect(stdout).toMatch(/^10\./);
    await dialog.getByRole("link", { name: "All of this client" }).click();
    await expect.poll(() => page.getByLabel("Client").inputValue()).toBe("127.0.0.1");
    await expect.poll(() => dialog.count()).toBe(0);
    await rows.first().getByRole("button").click();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
  });

  it("hold still while somebody is at the list", async () => {
    await go("queries");
    const rows = page.getByRole("region", { name: "Queries, newest first" }).locator("tbody tr");
    await rows.nth(3).hover();
    await page.getByText("held while you are there").waitFor();
    const before = await rows.first().innerText();
    await dashboard.client.ask("while-held.example.net");
    await page.waitForTimeout(1200);
    expect(await rows.first().innerText()).toBe(before);
    await page.mouse.move(5, 5);
    await expect.poll(() => rows.first().innerText()).toContain("while-held.example.net.");
  });

  it("find what stands out", async () => {
    await go("insights");
    await page.getByRole("heading", { name: "Slowest" }).waitFor();
    const insights = await dashboard.api<Insights>("/v1/insights");
    const of = (key: string, value: number): string[] => [key, count(value), share(value, insights.queries)];
    await expect.poll(() => bars("Names")).toEqual(insights.names.map(({ key, count }) => of(key, count)));
    expect(await bars("Clients")).toEqual([["127.0.0.1", count(insights.queries), share(1, 1)]]);
    expect(await bars("Names that do not exist")).toContainEqual(of("gone.test.", 4));
    expect((await bars("Names that failed"))[0]).toEqual(of("broken.test.", 4));
    expect(insights.searchWaste.suffixes).toEqual([{ key: "default.svc.cluster.test.", count: 4 }]);
    await page.getByText("Search lists: 4 queries wasted").waitFor();
    await page.getByRole("link", { name: "gone.test." }).first().click();
    await expect.poll(() => page.getByLabel("Name").inputValue()).toBe("gone.test.");
  });

  it("show the configuration with where each value is from, test all upstreams and explain a name", async () => {
    await go("config");
    const { options } = await dashboard.api<ConfigView>("/v1/config");
    const rows = page.getByRole("region", { name: "Options in force" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(options.length);
    const policy = rows.filter({ has: page.getByText("policy", { exact: true }) });
    expect(await policy.locator("th, td").allInnerTexts()).toEqual(["policy", "round-robin", "program"]);
    await page.getByRole("button", { name: "Test all upstreams" }).click();
    await expect.poll(() => page.locator(".checks li").count()).toBe(3);
    expect((await page.locator(".checks b").allInnerTexts()).toSorted()).toEqual(["✓", "✓", "✗"]);
    await page.getByLabel("Who would answer").fill("localhost");
    await page.getByRole("button", { name: "Explain" }).click();
    await expect.poll(() => page.getByRole("list").last().innerText()).toContain("local names");
  });

  it("wrote nothing into the console, and asked no other host", () => {
    expect(tab.faults).toEqual([]);
  });
});
