import { isIP } from "node:net";
import type { UpstreamSpec } from "../../config/config.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import { TicketStore } from "../../upstream/tickets.ts";
import { milliseconds } from "../query/footer.ts";
import type { Targets } from "../reach/targets.ts";
import { type Finding, finding } from "./finding.ts";
import { openSession } from "./probes.ts";
import type { Examined } from "./server.ts";

/** How many families of IP addresses there are among these. */
export function families(addresses: readonly string[]): number {
  return new Set(addresses.map(familyOf)).size;
}

/** IPv4 and IPv6 of the same upstream: which work, and, where one is not configured, whether the server has it. */
export async function familyFindings(
  spec: UpstreamSpec,
  https: DohOptions | null,
  addresses: readonly string[],
  examined: readonly Examined[],
  targets: Targets,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const works = examined.some(({ failure }) => failure === null);
  for (const family of [4, 6] as const) {
    const check = family === 4 ? "ipv4" : "ipv6";
    const own = addresses.flatMap((address, at) => (familyOf(address) === family ? [examined[at]!] : []));
    if (own.length > 0) {
      const good = own.filter(({ failure }) => failure === null).length;
      const text = `${good} of ${own.length} ${own.length === 1 ? "address" : "addresses"} can be used`;
      // When nothing works at all, what is said of each address is enough.
      const mark = good === own.length ? "ok" : works ? "warn" : "info";
      findings.push(finding(check, mark, text, { facts: { addresses: own.length, usable: good } }));
      continue;
    }
    const more = [...new Set(examined.flatMap((one) => one.addresses))].filter(
      (address) => isIP(address) === family,
    );
    findings.push(
      more.length === 0
        ? finding(check, "info", "no address is configured", { facts: { addresses: 0, usable: 0 } })
        : await unused(check, more, spec, https, targets),
    );
  }
  return findings;
}

/** Tries, with a handshake, an address that the server has by its own word and nobody has configured. */
async function unused(
  check: "ipv4" | "ipv6",
  known: readonly string[],
  spec: UpstreamSpec,
  https: DohOptions | null,
  targets: Targets,
): Promise<Finding> {
  const probe = await openSession(targets.at(spec, known[0]!), https, new TicketStore());
  const place = formatHostPort(known[0]!, spec.port);
  const facts = { addresses: 0, usable: 0, known };
  if ("kind" in probe) {
    const text = `not configured; from here ${place} cannot be used: ${probe.text}`;
    return finding(check, "info", text, { facts });
  }
  probe.close();
  const took = milliseconds(probe.dialed.connectMs + probe.dialed.handshakeMs);
  return finding(check, "info", `not configured, but ${place} works too (${took})`, {
    facts,
    advice: `Add ${known.join(", ")} to the addresses of this upstream: it then outlives the loss of either family.`,
  });
}

/** The interface of a link-local address does not matter. */
function familyOf(address: string): number {
  return isIP(address.replace(/%.*$/, ""));
}
