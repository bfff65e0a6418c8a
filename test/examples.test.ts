import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { folderWith, load } from "./support/config-folder.ts";

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const files = readdirSync(folder);

/** Loads an example as it is when it has been copied to a host where ca.pem has been put beside it. */
function loadExample(name: string): ReturnType<typeof load> {
  const cwd = folderWith({
    "dotls.yaml": readFileSync(join(folder, name)),
    "ca.pem": rootCertificates[0]!,
  });
  return load({ cwd });
}

describe("examples", () => {
  test("there are some, and configurations only", () => {
    expect(files.length).toBeGreaterThan(8);
    expect(files.filter((name) => !/^[a-z0-9-]+\.yaml$/.test(name))).toEqual([]);
  });

  test.each(files)("%s loads, says what it is for, and sets something", (name) => {
    const { file, origins } = loadExample(name);
    expect(file).not.toBeNull();
    expect(readFileSync(join(folder, name), "utf8")).toMatch(/^# \S.{40}/);
    expect([...origins.values()].some((origin) => origin.startsWith("dotls.yaml:"))).toBe(true);
  });

  test("no two are the same", () => {
    const configs = files.map((name) => JSON.stringify(loadExample(name).config));
    expect(new Set(configs).size).toBe(files.length);
  });
});
