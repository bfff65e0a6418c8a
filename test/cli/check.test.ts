import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { folderWith } from "../support/config-folder.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

function check(files: Record<string, string>, args: string[] = [], env: Record<string, string> = {}) {
  const cwd = folderWith(files);
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "check", ...args], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
  return { cwd, status, stdout, stderr };
}

describe("dotls check", () => {
  test("prints what the configuration amounts to, as a configuration", () => {
    const yaml = "upstreams:\n  - 9.9.9.9@853#dns.quad9.net\ncontrol: {socket: none}\n";
    const first = check({ "dotls.yaml": yaml }, ["--listen", "127.0.0.1:53"], { DOTLS_TIMEOUT: "2s" });
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toContain(`# The configuration file is ${join(first.cwd, "dotls.yaml")}.\n`);
    expect(first.stdout).toContain(
      "listen: # flag --listen\n  - udp://127.0.0.1:53\n  - tcp://127.0.0.1:53\n",
    );
    expect(first.stdout).toContain("upstreams: # dotls.yaml:2:3\n  - 9.9.9.9@853#dns.quad9.net\n");
    expect(first.stdout).toContain("timeout: 2s # env DOTLS_TIMEOUT\n");
    expect(first.stdout).toContain("  minVersion: TLSv1.2 # default\n");

    const second = check({ "copy.yaml": first.stdout }, ["--config", "copy.yaml"]);
    expect(second.status).toBe(0);
    const bare = (text: string): string => text.replaceAll(/ ?# .*/g, "");
    expect(bare(second.stdout)).toBe(bare(first.stdout));
  });

  test("prints every problem on a line of its own, and exits 1", () => {
    const yaml = "timout: 4s\ntls:\n  ca: missing.pem\n";
    const { status, stdout, stderr } = check(
      { "my.yaml": yaml },
      ["--config", "my.yaml", "--set", "log.level=x"],
      {
        DOTLS_UPSTREAM: "1.1.1.1",
      },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      [
        "DOTLS_UPSTREAM: this variable is not known to this version (did you mean DOTLS_UPSTREAMS?)",
        "my.yaml:1:1: timout: this key is not known to this version (did you mean timeout?)",
        "--set: log.level: wants error, warn, info or debug",
        "",
      ].join("\n"),
    );
  });

  test("names the file of trust anchors that is not there", () => {
    const { cwd, status, stderr } = check({ "dotls.yaml": "tls:\n  ca: missing.pem\n" });
    expect(status).toBe(1);
    expect(stderr).toBe(`dotls.yaml:2:7: tls.ca: ${join(cwd, "missing.pem")}: there is no such file\n`);
  });

  test("--json, for what is right and for what is wrong", () => {
    const good = check({}, ["--json", "--set", "timeout=2s"]);
    expect(good.status).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      file: null,
      config: { timeout: 2000, history: { rotate: 67_108_864 } },
      origins: { timeout: "flag --set", "tls.ca": "default" },
    });
    const bad = check({}, ["--json", "--upstream", "quad8"]);
    expect(bad.status).toBe(1);
    expect(JSON.parse(bad.stdout)).toEqual({
      problems: [
        {
          where: "--upstream",
          key: "upstreams[0]",
          message: '"quad8" is neither an address nor a preset',
          hint: "did you mean quad9?",
        },
      ],
    });
  });

  test("warns of what takes protection away, beside the configuration", () => {
    const yaml = "upstreams: [{server: quad9, verify: none}]\n";
    const warning =
      "upstreams[0]: quad9 need not prove who it is (verify: none): anybody on the way can pose as it";
    const text = check({ "dotls.yaml": yaml });
    expect(text).toMatchObject({ status: 0, stderr: `warning: ${warning}\n` });
    expect(text.stdout).toContain("    verify: none\n");
    expect(JSON.parse(check({ "dotls.yaml": yaml }, ["--json"]).stdout)).toMatchObject({
      warnings: [warning],
    });
    expect(JSON.parse(check({}, ["--json"]).stdout)).toMatchObject({ warnings: [] });
  });

  test("a flag that does not exist", () => {
    const { status, stderr } = check({}, ["--upstreams", "1.1.1.1"]);
    expect(status).toBe(1);
    expect(stderr).toContain("--upstream");
  });
});
