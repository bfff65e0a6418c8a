import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programPath } from "./process.ts";
import type { Zone } from "./zone.ts";

/** Programs that making the zones needs. */
export const signingTools: readonly string[] = ["dnssec-keygen", "dnssec-signzone"];

const records = `$TTL 3600
@         SOA   ns hostmaster 1 7200 3600 1209600 300
@         NS    ns
ns        A     192.0.2.1
www       A     192.0.2.80
alias     CNAME www
out       CNAME www.plain.example.
*.wild    A     192.0.2.90
broken    A     192.0.2.66
`;

/** As it says once it is signed: no signature fits that. */
const forged = "192.0.2.67";

/** A time from which on, and one up to which, signatures hold that are over. */
const past = ["-s", "20200101000000", "-e", "20200201000000", "-P"];

/**
 * Zones for a validator, written into `folder`, each with `www`, and signed with keys made for this run but for the last one:
 * `secure.example` by NSEC, with a record `broken` whose signature is that of another; `nsec3.example` by NSEC3; of
 * `expired.example` all signatures are over; `plain.example` has none.
 */
export function signedZones(folder: string): Zone[] {
  return [
    signed(folder, "secure.example", []),
    signed(folder, "nsec3.example", ["-3", "-", "-H", "0"]),
    signed(folder, "expired.example", past),
    { origin: "plain.example", file: written(folder, "plain.example") },
  ];
}

function written(folder: string, origin: string): string {
  const file = join(folder, `${origin}.zone`);
  writeFileSync(file, `$ORIGIN ${origin}.\n${records}`);
  return file;
}

function signed(folder: string, origin: string, how: readonly string[]): Zone {
  const plain = written(folder, origin);
  const file = `${plain}.signed`;
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: programPath },
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const key = run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", origin);
  run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", origin);
  run("dnssec-signzone", "-q", "-S", "-K", folder, "-o", origin, "-f", file, ...how, plain);
  writeFileSync(file, readFileSync(file, "utf8").replace("192.0.2.66", forged));
  return { origin, file, anchor: join(folder, `${key}.key`) };
}

/** The anchors of the zones as BIND's tools read them. */
export function bindAnchors(zones: readonly Zone[]): string {
  const keys = zones.flatMap(({ origin, anchor }) => {
    if (anchor === undefined) return [];
    const rdata = /DNSKEY (\d+ \d+ \d+) ([^\n]+)/.exec(readFileSync(anchor, "utf8"))!;
    return [`${origin}. static-key ${rdata[1]} "${rdata[2]!.replaceAll(" ", "")}";`];
  });
  return `trust-anchors {\n${keys.join("\n")}\n};\n`;
}
