import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority, type Identity } from "../src/cli/demo/authority.ts";
import { warningsOf } from "../src/config/warnings.ts";
import { folderWith, load } from "./support/config-folder.ts";

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const files = readdirSync(folder);

let client: Identity;

beforeAll(async () => {
  client = await (await createAuthority()).issue({ names: ["client.example"] });
});

/** Loads an example as it is when it has been copied to a host where the files that it names have been put beside it. */
function loadExample(name: string): ReturnType<typeof load> {
  const cwd = folderWith({
    "dotls.yaml": readFileSync(join(folder, name)),
    "ca.pem": rootCertificates[0]!,
    "client.pem": client.chain,
    "client.key": client.key,
  });
  mkdirSync(join(cwd, "authorities"));
  writeFileSync(join(cwd, "authorities", "one.pem"), rootCertificates[0]!);
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

  test("none needs a warning", () => {
    expect(files.flatMap((name) => warningsOf(loadExample(name).config))).toEqual([]);
  });

  test("no two are the same", () => {
    const configs = files.map((name) => JSON.stringify(loadExample(name).config));
    expect(new Set(configs).size).toBe(files.length);
  });
});
