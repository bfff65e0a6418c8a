import { isIP } from "node:net";
import type { BootstrapServer, UpstreamSpec } from "../../config/config.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import { TicketStore } from "../../upstream/tickets.ts";
import { milliseconds } from "../query/footer.ts";
import { type Finding, finding } from "./finding.ts";
import { examinePlain } from "./plain.ts";
import { resolveName } from "./resolve-name.ts";
import { type Examined, examineServer, openSession } from "./server.ts";
import type { Targets } from "./target.ts";

/** An upstream to look at, and what to ask it. */
export interface Patient {
  readonly spec: UpstreamSpec;
  /** A name that it should know. */
  readonly name: string;
}

/** What all examinations share. */
export interface Ward {
  readonly targets: Targets;
  readonly bootstrap: readonly BootstrapServer[];
  /** Milliseconds for each question. */
  readonly timeout: number;
}

interface ServerReport {
  readonly address: string;
  readonly port: number;
  readonly findings: readonly Finding[];
}

export interface UpstreamReport {
  readonly upstream: string;
  readonly protocol: UpstreamSpec["protocol"];
  readonly name: string | null;
  /** What holds for all addresses of it. */
  readonly findings: readonly Finding[];
  readonly servers: readonly ServerReport[];
  /** When the certificates of its servers begin and end, for a look at the clock. */
  readonly lives: readonly { readonly notBefore: Date; readonly notAfter: Date }[];
}

/** Examines an upstream at all its addresses, at once. */
export async function examineUpstream({ spec, name }: Patient, ward: Ward): Promise<UpstreamReport> {
  const { protocol, port, label: upstream } = spec;
  const report = { upstream, protocol, name: spec.name, servers: [], lives: [] };
  if (spec.ddr) {
    const text = "what a resolver says of its encrypted face is not looked at";
    return { ...report, findings: [finding("protocol", "info", text, { facts: { examined: false } })] };
  }
  const findings: Finding[] = [];
  let { addresses } = spec;
  if (addresses.length === 0) {
    const resolved = await resolveName(spec.name ?? "", ward.bootstrap, ward.timeout);
    findings.push(resolved.finding);
    addresses = resolved.addresses;
  }
  if (protocol === "udp" || protocol === "tcp") {
    const servers = await Promise.all(
      addresses.map(async (address) => ({
        address,
        port,
        findings: await examinePlain(protocol, { address, port }, name, ward.timeout),
      })),
    );
    return { ...report, findings, servers };
  }
  const examined = await Promise.all(
    addresses.map((address) =>
      examineServer(ward.targets.at(spec, address), {
        name,
        timeout: ward.timeout,
        https: httpsOf(spec),
        findAddressesOf: spec.name !== null && families(addresses).size === 1 ? spec.name : null,
      }),
    ),
  );
  findings.push(...(await familyFindings(spec, addresses, examined, ward)));
  return {
    ...report,
    findings,
    servers: addresses.map((address, at) => ({ address, port, findings: softened(examined, at) })),
    lives: examined.flatMap(({ chain }) => chain.slice(0, 1)),
  };
}

/** An address family that this host has no way to is no fault while another address of the same upstream works. */
function softened(examined: readonly Examined[], at: number): readonly Finding[] {
  const { findings, failure } = examined[at]!;
  if (failure?.kind !== "unreachable" || examined.every((other) => other.failure !== null)) return findings;
  return findings.map((one) => (one.mark === "fail" ? finding(one.check, "warn", one.text, one) : one));
}

/** IPv4 and IPv6 of the same upstream: which work, and, where one is not configured, whether the server has it. */
async function familyFindings(
  spec: UpstreamSpec,
  addresses: readonly string[],
  examined: readonly Examined[],
  { targets }: Ward,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const family of [4, 6] as const) {
    const check = family === 4 ? "ipv4" : "ipv6";
    const own = addresses.flatMap((address, at) => (isIP(plain(address)) === family ? [examined[at]!] : []));
    if (own.length > 0) {
      const good = own.filter(({ failure }) => failure === null).length;
      const text = `${good} of ${own.length} ${own.length === 1 ? "address" : "addresses"} can be used`;
      const mark = good === own.length ? "ok" : "warn";
      findings.push(finding(check, mark, text, { facts: { addresses: own.length, usable: good } }));
      continue;
    }
    const more = [...new Set(examined.flatMap((one) => one.addresses))].filter(
      (address) => isIP(address) === family,
    );
    if (more.length === 0) {
      findings.push(
        finding(check, "info", "no address is configured", { facts: { addresses: 0, usable: 0 } }),
      );
      continue;
    }
    const probe = await openSession(targets.at(spec, more[0]!), httpsOf(spec), new TicketStore());
    const place = formatHostPort(more[0]!, spec.port);
    const facts = { addresses: 0, usable: 0, known: more };
    if ("dialed" in probe) {
      probe.close();
      const took = milliseconds(probe.dialed.connectMs + probe.dialed.handshakeMs);
      findings.push(
        finding(check, "info", `not configured, but ${place} works too (${took})`, {
          facts,
          advice: `Add ${more.join(", ")} to the addresses of this upstream: it then outlives the loss of either family.`,
        }),
      );
    } else {
      findings.push(
        finding(check, "info", `not configured; from here ${place} cannot be used: ${probe.text}`, { facts }),
      );
    }
  }
  return findings;
}

function httpsOf({ protocol, path, method }: UpstreamSpec): DohOptions | null {
  return protocol === "https" ? { path, method } : null;
}

function families(addresses: readonly string[]): Set<number> {
  return new Set(addresses.map((address) => isIP(plain(address))));
}

/** Without the interface of a link-local address. */
function plain(address: string): string {
  return address.replace(/%.*$/, "");
}
