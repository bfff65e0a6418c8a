import type { ListenAddress } from "../../config/config.ts";
import { formatHostPort, isWildcard } from "../../config/ip-address.ts";
import { parseResolvConf } from "../../config/resolv-conf.ts";
import { DotlsError } from "../../errors.ts";
import { DNS_PORT } from "../doctor/host/doors.ts";
import type { HostFiles } from "../doctor/host/files.ts";
import { STUBS } from "../doctor/host/resolved.ts";

const RESOLV_CONF = "/etc/resolv.conf";
const RESOLVED_DROP_IN = "/etc/systemd/resolved.conf.d/90-dotls.conf";
const NETWORK_MANAGER_DROP_IN = "/etc/NetworkManager/conf.d/90-dotls.conf";

const HEADER = "# Written by `dotls system enable`; `dotls system disable` takes it back.\n";

/** What has to be written so that the programs of this host ask dotls. */
export interface Plan {
  /** The door that they will ask. */
  readonly door: ListenAddress;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Services of systemd that have to look at it, and how. */
  readonly services: readonly string[];
}

/**
 * Finds the way from this host's programs to one of the doors. systemd-resolved is told to ask dotls, at whatever port;
 * where programs do not go through resolved, resolv.conf is written, which can mean port 53 only.
 *
 * @throws DotlsError ERR_DOTLS_SYSTEM when no door can be reached that way.
 */
export function planFor(host: HostFiles, listen: readonly ListenAddress[]): Plan {
  const udp = listen.filter(({ transport }) => transport === "udp").map(reachable);
  const standard = udp.find(({ port }) => port === DNS_PORT);
  const resolved = host.text("/run/systemd/resolve/resolv.conf") !== null;
  const stub = resolved && namesStub(host);
  const door = stub ? (standard ?? udp[0]) : standard;
  if (door === undefined) {
    const need = stub ? "a UDP door (listen)" : "a door at port 53 (listen: 127.0.0.1:53)";
    throw new DotlsError("ERR_DOTLS_SYSTEM", `the programs of this host can reach ${need} only`);
  }
  const files = [];
  if (resolved) files.push({ path: RESOLVED_DROP_IN, text: resolvedText(door) });
  if (!stub) {
    // NetworkManager would write resolv.conf anew at the next change of the network.
    if (host.text("/etc/NetworkManager/NetworkManager.conf") !== null) {
      files.push({
        path: NETWORK_MANAGER_DROP_IN,
        text: `${HEADER}[main]\ndns=none\nrc-manager=unmanaged\n`,
      });
    }
    files.push({ path: RESOLV_CONF, text: resolvConfText(host, door) });
  }
  const services = [
    ...(resolved ? ["systemd-resolved"] : []),
    ...(files.some(({ path }) => path === NETWORK_MANAGER_DROP_IN) ? ["NetworkManager"] : []),
  ];
  return { door, files, services };
}

/** The address at which a wildcard is reached. */
function reachable(door: ListenAddress): ListenAddress {
  if (!isWildcard(door.address)) return door;
  return { ...door, address: "127.0.0.1" };
}

/** Whether programs that go by resolv.conf come to resolved, which listens on its stub addresses for them. */
function namesStub(host: HostFiles): boolean {
  const { nameservers } = parseResolvConf(host.text(RESOLV_CONF) ?? "");
  return nameservers.length > 0 && nameservers.every((address) => STUBS.includes(address));
}

/**
 * All names (`~.`) to dotls and nobody else; the empty `DNS=` takes back what other files say. DNSSEC is the business of
 * the server behind dotls: resolved would take what that one leaves out for an attack.
 */
function resolvedText(door: ListenAddress): string {
  const place = door.port === DNS_PORT ? door.address : formatHostPort(door.address, door.port);
  const lines = ["DNS=", `DNS=${place}`, "FallbackDNS=", "Domains=~.", "DNSOverTLS=no", "DNSSEC=no"];
  return `${HEADER}[Resolve]\n${lines.join("\n")}\n`;
}

/** The search list and the options stay as they were. */
function resolvConfText(host: HostFiles, door: ListenAddress): string {
  const kept = (host.text(RESOLV_CONF) ?? "")
    .split("\n")
    .filter((line) => /^\s*(?:search|domain|options)\s[\t -~]*$/.test(line))
    .map((line) => line.trim());
  return `${HEADER}${[`nameserver ${door.address}`, ...kept].join("\n")}\n`;
}
