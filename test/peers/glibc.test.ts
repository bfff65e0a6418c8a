import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls } from "../support/peers/through.ts";

/** The GNU C library knows no port but 53, so dotls gets a loopback address that nobody else uses. */
const place: Server = {
  address: `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`,
  port: 53,
};

const names = [
  "www WWW ns1 ns2 mail one MixedCase leaf.tree any.wild two.labels.wild",
  "a20 a60 aaaa200 missing gone between txt4",
]
  .flatMap((list) => list.split(" "))
  .map((name) => `${name}.peers.example`);

/** What getaddrinfo finds for each name, in a mount namespace where resolv.conf names dotls and nobody else. */
async function getaddrinfo(address: string, options: string): Promise<Record<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
  try {
    writeFileSync(join(folder, "resolv.conf"), `nameserver ${address}\n${options}\n`);
    writeFileSync(join(folder, "nsswitch.conf"), "hosts: dns\n");
    writeFileSync(join(folder, "hosts"), "");
    const script = `
      for file in resolv.conf nsswitch.conf hosts; do mount --bind "$0/$file" "/etc/$file"; done
      for name in "$@"; do echo "> $name"; getent ahosts "$name" || true; done`;
    const text = await runClient("unshare", ["--mount", "sh", "-ec", script, folder, ...names]);
    const found: Record<string, string[]> = {};
    let addresses: string[] = [];
    for (const line of text.split("\n")) {
      if (line.startsWith("> ")) found[line.slice(2)] = addresses = [];
      else if (line.includes("STREAM")) addresses.push(line.split(" ")[0]!);
    }
    for (const list of Object.values(found)) list.sort();
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The addresses that the upstream itself gives, as dig prints them. */
async function addressesFrom({ address, port }: Server): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const name of names) {
    const server = [`@${address}`, "-p", String(port), "+tcp"];
    const text = await runClient("dig", [...server, "+short", name, "A", name, "AAAA"]);
    found[name] = text
      .split("\n")
      .filter((line) => /^[\d.]+$|:/.test(line))
      .sort();
  }
  return found;
}

const allowed = process.platform === "linux" && process.getuid?.() === 0;

describe.skipIf(!allowed)(
  `getaddrinfo${allowed ? "" : " (skipped: needs Linux and root for port 53)"}`,
  () => {
    describeThroughDotls(
      ["unshare", "mount", "getent", "dig"],
      (path) => {
        test.each([
          "",
          "options edns0",
          "options use-vc",
          "options single-request",
          "options edns0 trust-ad",
        ])("finds what the upstream has, resolv.conf says: %s", async (options) => {
          const { direct, through } = path();
          const found = await getaddrinfo(through.address, options);
          expect(found).toEqual(await addressesFrom(direct));
          expect(found["a60.peers.example"]).toHaveLength(60);
        });
      },
      place,
    );
  },
);
