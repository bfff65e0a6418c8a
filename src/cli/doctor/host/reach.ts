import { formatListen } from "../../../config/listen-address.ts";
import { parseResolvConf } from "../../../config/resolv-conf.ts";
import { type Finding, finding } from "../finding.ts";
import type { Doors } from "./doors.ts";
import type { HostFiles } from "./files.ts";
import { readResolved, type Resolved, resolvedFinding, STUBS } from "./resolved.ts";

const resolvConf = "/etc/resolv.conf";

/** How many nameservers the C library looks at (resolv.conf(5), MAXNS). */
const MOST_NAMESERVERS = 3;

/** Where the queries of this host's programs go: what the files say one by one, and what that comes to. */
export function reachFindings(files: HostFiles, doors: Doors): Finding[] {
  const text = files.text(resolvConf);
  const resolved = readResolved(files);
  const named = text === null ? [] : parseResolvConf(text).nameservers.slice(0, MOST_NAMESERVERS);
  // Without any, the C library asks this host (resolv.conf(5)).
  const nameservers = named.length === 0 ? ["127.0.0.1"] : named;
  const sources = hostsSources(files);
  return [
    resolvConfFinding(text, files.link(resolvConf), named),
    nsswitchFinding(sources),
    resolvedFinding(resolved, doors),
    verdict(sources, nameservers, resolved, doors),
  ];
}

function resolvConfFinding(text: string | null, link: string | null, named: readonly string[]): Finding {
  const facts = { nameservers: named, link };
  if (text === null) return finding("resolv.conf", "warn", `there is no ${resolvConf}`, { facts });
  const target = link === null ? "" : ` (a link to ${link})`;
  if (named.length === 0)
    return finding("resolv.conf", "warn", `${resolvConf}${target} names no server`, { facts });
  const list = named.join(", ");
  return finding("resolv.conf", "info", `${resolvConf}${target} names ${list}`, { facts });
}

/** The words of `hosts:` in nsswitch.conf without what stands in brackets; null: no such line. */
function hostsSources(files: HostFiles): string[] | null {
  const line = /^[ \t]*hosts:(.*)$/m.exec(files.text("/etc/nsswitch.conf") ?? "")?.[1];
  if (line === undefined) return null;
  return line
    .replace(/#.*/, "")
    .replaceAll(/\[[^\]]*\]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "");
}

function nsswitchFinding(sources: readonly string[] | null): Finding {
  const facts = { hosts: sources };
  if (sources === null) {
    return finding("nsswitch", "info", "/etc/nsswitch.conf does not say where names are looked up", {
      facts,
    });
  }
  if (!sources.includes("dns") && !sources.includes("resolve")) {
    return finding("nsswitch", "warn", `hosts: ${sources.join(" ")}, and so never DNS`, {
      facts,
      advice: "Add dns to the line hosts: of /etc/nsswitch.conf.",
    });
  }
  return finding("nsswitch", "info", `hosts: ${sources.join(" ")}`, { facts });
}

function verdict(
  sources: readonly string[] | null,
  nameservers: readonly string[],
  resolved: Resolved,
  doors: Doors,
): Finding {
  const viaResolved = resolved.running && asksResolvedFirst(sources);
  const ours = nameservers.filter((address) => doors.leadHere(address));
  const stubs = nameservers.filter((address) => resolved.running && STUBS.includes(address));
  const facts = { via: viaResolved || stubs.length > 0 ? "resolved" : "resolv.conf", nameservers, ours };
  if (viaResolved || (stubs.length > 0 && ours.length === 0)) return throughResolved(resolved, doors, facts);
  if (ours.length === 0) {
    return finding("reach", "warn", `programs here ask ${nameservers.join(", ")}, not dotls`, {
      facts,
      advice: howToReach(doors),
    });
  }
  const others = nameservers.filter((address) => !ours.includes(address));
  if (others.length === 0) return finding("reach", "ok", "programs here reach dotls", { facts });
  const first = doors.leadHere(nameservers[0]!);
  const text = first
    ? `programs here reach dotls, but go to ${others.join(", ")} in the clear when it is slow`
    : `programs here ask ${others[0]} in the clear before dotls`;
  return finding("reach", "warn", text, { facts, advice: `Leave only ${ours[0]} in ${resolvConf}.` });
}

/** nss-resolve comes before DNS in the hosts line of most systems that have it. */
function asksResolvedFirst(sources: readonly string[] | null): boolean {
  const resolve = sources?.indexOf("resolve") ?? -1;
  const dns = sources?.indexOf("dns") ?? -1;
  return resolve >= 0 && (dns < 0 || resolve < dns);
}

function throughResolved(resolved: Resolved, doors: Doors, facts: Record<string, unknown>): Finding {
  if (resolved.servers.some(({ address, port }) => doors.leadHere(address, port))) {
    return finding("reach", "ok", "programs here reach dotls through systemd-resolved", { facts });
  }
  const door = doors.listen.find(({ transport }) => transport === "udp") ?? doors.listen[0];
  const place = door === undefined ? "127.0.0.1" : formatListen(door).replace(/^\w+:\/\//, "");
  return finding("reach", "warn", "programs here ask systemd-resolved, which does not ask dotls", {
    facts,
    advice: `Write /etc/systemd/resolved.conf.d/dotls.conf with [Resolve], DNS=${place}, Domains=~. and DNSOverTLS=no, and restart systemd-resolved.`,
  });
}

function howToReach(doors: Doors): string {
  const door = doors.standard[0];
  if (door === undefined) {
    return `${resolvConf} can mean port 53 only: listen on 127.0.0.1:53 as well, and name 127.0.0.1 there. To leave it so is no fault.`;
  }
  const address = { "0.0.0.0": "127.0.0.1", "::": "127.0.0.1" }[door.address] ?? door.address;
  return `Put "nameserver ${address}" into ${resolvConf}, as its only one. To leave it so is no fault.`;
}
