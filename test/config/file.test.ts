import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, load, problemsOf } from "../support/config-folder.ts";

describe("which file is read", () => {
  test("none: every default", () => {
    const { file, origins } = load();
    expect(file).toBeNull();
    expect([...new Set(origins.values())]).toEqual(["default"]);
  });

  test("--config, else DOTLS_CONFIG, else ./dotls.yaml, else the file of the system", () => {
    const cwd = folderWith({
      "flag.yaml": "timeout: 1s",
      "variable.yaml": "timeout: 2s",
      "dotls.yaml": "timeout: 3s",
      "system.yaml": "timeout: 5s",
    });
    const systemFile = join(cwd, "system.yaml");
    const env = { DOTLS_CONFIG: "variable.yaml" };
    expect(load({ cwd, systemFile, env, flags: { config: "flag.yaml" } }).config.timeout).toBe(1000);
    expect(load({ cwd, systemFile, env }).config.timeout).toBe(2000);
    expect(load({ cwd, systemFile }).config.timeout).toBe(3000);
    expect(load({ cwd, systemFile }).file).toBe(join(cwd, "dotls.yaml"));
    const elsewhere = load({ cwd: folderWith({}), systemFile });
    expect(elsewhere.config.timeout).toBe(5000);
    expect(elsewhere.origins.get("timeout")).toBe(`${systemFile}:1:10`);
  });

  test("a file that was named and does not exist is no reason to take another", () => {
    expect(problemsOf({ yaml: "timeout: 3s", flags: { config: "missing.yaml" } })).toEqual([
      "missing.yaml: there is no such file (named by --config)",
    ]);
    expect(problemsOf({ yaml: "timeout: 3s", env: { DOTLS_CONFIG: "missing.yaml" } })).toEqual([
      "missing.yaml: there is no such file (named by DOTLS_CONFIG)",
    ]);
  });

  test("a name that is empty", () => {
    expect(problemsOf({ flags: { config: "" } })).toEqual(["--config: the name of the file is empty"]);
    expect(problemsOf({ env: { DOTLS_CONFIG: " " } })).toEqual([
      "DOTLS_CONFIG: the name of the file is empty",
    ]);
  });

  test("a folder, named or found", () => {
    const cwd = folderWith({});
    mkdirSync(join(cwd, "dotls.yaml"));
    expect(problemsOf({ cwd })).toEqual(["dotls.yaml: this is a folder, not a file"]);
    expect(problemsOf({ cwd, flags: { config: "." } })).toEqual([
      ".: this is a folder, not a file (named by --config)",
    ]);
  });

  // Root reads everything.
  test.skipIf(process.getuid?.() === 0)("a file without permission to read is not passed over", () => {
    const cwd = folderWith({ "dotls.yaml": "", "system.yaml": "" });
    chmodSync(join(cwd, "dotls.yaml"), 0);
    expect(problemsOf({ cwd, systemFile: join(cwd, "system.yaml") })).toEqual([
      "dotls.yaml: no permission to read the file",
    ]);
  });

  test("something on the way that is no folder", () => {
    const cwd = folderWith({ file: "" });
    expect(problemsOf({ cwd, flags: { config: "file/dotls.yaml" } })).toEqual([
      "file/dotls.yaml: the file cannot be read: ENOTDIR (named by --config)",
    ]);
  });
});

describe("the text of the file", () => {
  test.each([
    ["empty", ""],
    ["comments only", "# timeout: 1s\n"],
    ["an end of document", "---\n...\n"],
    ["sections with every key commented out", "tls:\n#  ca: x\nhistory:\ncontrol:\nlog:\naccess:\n"],
    ["a byte order mark", "\uFEFFtimeout: 4s\n"],
    ["line ends of DOS", "timeout: 4s\r\nlog: {level: info}\r\n"],
  ])("%s: the defaults", (_, yaml) => {
    expect(load({ yaml }).config).toEqual(load().config);
  });

  test("anchors and aliases", () => {
    const { config } = load({ yaml: "timeout: &minute 1m\nhistory: {keep: *minute}\n" });
    expect(config.history.keep).toBe(60_000);
  });

  test("aliases that stand for more than memory holds", () => {
    const levels = "abcdefghi".split("").map((name, at, all) => {
      const items = at === 0 ? "1" : Array.from({ length: 9 }, () => `*${all[at - 1]}`).join(", ");
      return `${name}: &${name} [${items}]`;
    });
    expect(problemsOf({ yaml: levels.join("\n") })).toEqual([
      expect.stringContaining("dotls.yaml: not YAML: "),
    ]);
  });

  test.each([
    [
      "a duplicate key",
      "timeout: 1s\ntimeout: 2s\n",
      ["dotls.yaml:2:1: timeout: the key is given twice (keep one of them)"],
    ],
    [
      "a duplicate key in a section",
      "tls:\n  ca: system\n  ca: system\n",
      ["dotls.yaml:3:3: ca: the key is given twice (keep one of them)"],
    ],
    ["a tab", "tls:\n\tca: system\n", ["dotls.yaml:2:1: a tab in the indentation (YAML takes spaces only)"]],
    [
      "a tab behind spaces",
      "tls:\n  ca: system\n  \tminVersion: TLSv1.3\n",
      ["dotls.yaml:3:3: a tab in the indentation (YAML takes spaces only)"],
    ],
    [
      "brackets of IPv6 without quotes",
      "listen: [[::]:53]\n",
      [
        "dotls.yaml:1:10: not YAML as it is needed here: a key that is not text (put an address with brackets in quotes)",
      ],
    ],
    [
      "no map",
      "- a\n- b\n",
      ["dotls.yaml:1:1: the file does not hold keys and values (write it as in timeout: 4s)"],
    ],
    [
      "prose",
      "hello\n",
      ["dotls.yaml:1:1: the file does not hold keys and values (write it as in timeout: 4s)"],
    ],
    [
      "two documents",
      "timeout: 1s\n---\ntimeout: 2s\n",
      ["dotls.yaml:2:1: a second document begins here, and only one can count"],
    ],
    [
      "a tag",
      "timeout: !secret 1s\n",
      ["dotls.yaml:1:10: a tag means nothing here: Unresolved tag: !secret"],
    ],
  ])("%s", (_, yaml, problems) => {
    expect(problemsOf({ yaml })).toEqual(problems);
  });

  test.each([
    ["a bracket that stays open", "upstreams: [1.1.1.1\ntimeout: 1s\n"],
    ["brackets of IPv6 in a block list", "listen:\n  - [::]:53\n"],
    ["a star", "listen:\n  - *:53\n"],
    ["an alias of nothing", "timeout: *long\n"],
    ["a quote that stays open", 'timeout: "1s\n'],
    ["an indentation that fits nothing", "tls:\n    ca: system\n  minVersion: TLSv1.3\n"],
  ])("%s: an error with its line and column", (_, yaml) => {
    expect(problemsOf({ yaml })[0]).toMatch(/^dotls\.yaml:\d+:\d+: /);
  });

  test("bytes that are not UTF-8", () => {
    const latin1 = Buffer.from("timeout: 1s\n# über\nlog: {level: info}\n", "latin1");
    expect(problemsOf({ yaml: latin1 })).toEqual([
      "dotls.yaml:2:1: the file is not UTF-8 text (save it as UTF-8)",
    ]);
    const utf16 = Buffer.from("\uFEFFtimeout: 1s\n", "utf16le");
    expect(problemsOf({ yaml: utf16 })).toEqual([
      "dotls.yaml:1:1: the file is not UTF-8 text (save it as UTF-8)",
    ]);
  });

  test("keys of the language are keys like all others", () => {
    expect(problemsOf({ yaml: "__proto__: {timeout: 1s}\nconstructor: 1\n" })).toEqual([
      "dotls.yaml:1:1: __proto__: this key is not known to this version",
      "dotls.yaml:2:1: constructor: this key is not known to this version",
    ]);
  });
});
