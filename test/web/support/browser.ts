import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { program } from "../../support/needs.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colors?: "light" | "dark";
}

/** A page, and what went wrong in it. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console, exceptions, and requests to other hosts than the one of the page. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** Opens Chromium with a profile of its own. */
export async function openTab(url: string, options: BrowserOptions = {}): Promise<Tab> {
  const { width = 1280, height = 800, colors = "light" } = options;
  const folder = mkdtempSync(join(tmpdir(), "dotls-browser-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: program("chromium")!,
    args: FLAGS,
    headless: true,
    viewport: { width, height },
    colorScheme: colors,
    locale: "en-GB",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) faults.push(`a request to ${request.url()}`);
  });
  await page.goto(`${url}/`);
  return {
    page,
    context,
    faults,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
