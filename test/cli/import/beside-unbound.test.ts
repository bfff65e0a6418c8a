import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseUnbound } from "../../../src/cli/import/unbound-text.ts";
import { folderWith } from "../../support/config-folder.ts";
import { describeWith, program } from "../../support/needs.ts";

/** What unbound itself reads for an option; null when it refuses the file. */
function asUnboundReads(option: string, text: string): string | null {
  const folder = folderWith({ "unbound.conf": text });
  const args = ["-o", option, join(folder, "unbound.conf")];
  const { status, stdout } = spawnSync(program("unbound-checkconf")!, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function asReadHere(option: string, text: string): string | null {
  try {
    const attributes = parseUnbound("u", text, () => []).flatMap((clause) => clause.attributes);
    return attributes.findLast(({ name }) => name === option)?.values.join(" ") ?? "";
  } catch {
    return null;
  }
}

const QUIET = 'chroot: ""\nusername: ""\ndirectory: ""\npidfile: ""\n';

describeWith(["unbound-checkconf"], "texts that unbound reads", () => {
  test.each([
    ["identity", 'identity: "a # b"'],
    ["identity", "identity: 'it is \"so\"' # why"],
    ["identity", "identity: a#b"],
    ["identity", "identity:ab"],
    ["identity", "identity:\n   ab\n"],
    ["identity", "identity: one identity: two"],
    ["identity", "#identity: one\n\tidentity:\ttwo\t#three"],
    ["identity", 'identity: "no end\nport: 1"'],
    ["port", "port: 53port: 54"],
    ["port", "port 53"],
    ["interface", "interface: fe80::1%eth0@53"],
    ["version", "version: a:b:"],
  ])("%s in %j", (option, text) => {
    const whole = `server:\n${QUIET}${text}\n`;
    expect(asReadHere(option, whole)).toBe(asUnboundReads(option, whole));
  });
});
