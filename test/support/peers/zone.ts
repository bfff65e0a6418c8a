import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { programPath } from "./process.ts";

/** A zone as the servers load it. */
export interface Zone {
  /** Without the last dot. */
  readonly origin: string;
  readonly file: string;
  /** A file with the DNSKEY to trust, or undefined when the zone is not signed. */
  readonly anchor?: string;
}

/** Record sets whose answers have about this many bytes; the last is near the largest that a message can be. */
export const largeSets: readonly {
  readonly name: string;
  readonly type: string;
  readonly records: number;
}[] = [
  { name: "a20", type: "A", records: 20 },
  { name: "a60", type: "A", records: 60 },
  { name: "aaaa200", type: "AAAA", records: 200 },
  { name: "txt4", type: "TXT", records: 4 },
  { name: "txt16", type: "TXT", records: 16 },
  { name: "txt64", type: "TXT", records: 64 },
  { name: "txt250", type: "TXT", records: 250 },
];

function rdata(type: string, index: number): string {
  if (type === "A") return `198.51.100.${index}`;
  if (type === "AAAA") return `2001:db8:1::${index.toString(16)}`;
  return `"${String(index).padStart(3, "0").repeat(75)}"`;
}

function largeRecords(): string {
  return largeSets
    .flatMap(({ name, type, records }) =>
      Array.from({ length: records }, (_, index) => `${name} ${type} ${rdata(type, index)}`),
    )
    .join("\n");
}

/** Writes peers.zone with its large record sets into `folder`, signed with keys made for this run. */
export function signedPeersZone(folder: string): Zone {
  const origin = "peers.example";
  const source = readFileSync(fileURLToPath(new URL("peers.zone", import.meta.url)), "utf8");
  const plain = join(folder, "peers.zone");
  const file = join(folder, "peers.zone.signed");
  writeFileSync(plain, `${source}\n${largeRecords()}\n`);
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: programPath },
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const key = run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", origin);
  run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", origin);
  run("dnssec-signzone", "-q", "-S", "-K", folder, "-o", origin, "-f", file, plain);
  return { origin, file, anchor: join(folder, `${key}.key`) };
}
