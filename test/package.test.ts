import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { linksOf } from "./support/pages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("the package", () => {
  let files: ReadonlySet<string>;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    });
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    files = new Set(packed!.files.map(({ path }) => path));
  }, 60_000);

  it("has every file that a page in it leads to", () => {
    const broken = [...files]
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) => {
        const targets = linksOf({ path, text: readFileSync(join(root, path), "utf8") })
          .filter(({ target }) => target !== "")
          .map(({ target }) => normalize(join(dirname(path), target)).replace(/\/$/, ""));
        const isThere = (target: string): boolean =>
          files.has(target) || [...files].some((file) => file.startsWith(`${target}/`));
        return targets.filter((target) => !isThere(target)).map((target) => `${path}: ${target}`);
      });
    expect(broken).toEqual([]);
  });

  it("has what a host needs to run it, and nothing of its making", () => {
    for (const path of [
      "deploy/systemd/dotls.service",
      "deploy/launchd/dotls.plist",
      "dist/web/index.html",
    ]) {
      expect([path, files.has(path)]).toEqual([path, true]);
    }
    expect([...files].filter((path) => /^(src|test|web|scripts|deploy\/helm)\//.test(path))).toEqual([]);
  });
});
