import type { ListenAddress } from "../../../config/config.ts";
import { formatHostPort, isWildcard } from "../../../config/ip-address.ts";
import { type Finding, finding } from "../finding.ts";
import { DNS_PORT, type Doors } from "./doors.ts";
import type { HostFiles } from "./files.ts";
import { STUBS } from "./resolved.ts";
import { type HeldPort, holdersOf } from "./sockets.ts";

/** Who has port 53 of this host, and whether that keeps dotls from where it is to listen. */
export function port53Finding(files: HostFiles, doors: Doors): Finding {
  const holders = holdersOf(DNS_PORT, files);
  if (holders === null) {
    return finding("port-53", "info", "who holds port 53 cannot be seen on this system", {
      facts: { holders: null },
    });
  }
  const facts = {
    holders: holders.map(({ transport, address, owner }) => ({
      transport,
      address,
      pid: owner?.pid ?? null,
      process: owner?.name ?? null,
      dotls: isDotls(owner),
    })),
  };
  const details = holders.map(
    (one) => `${one.transport} ${formatHostPort(one.address, DNS_PORT)}  ${ownerText(one)}`,
  );
  const wanted = doors.standard;
  const rival = holders.find((held) => !isDotls(held.owner) && wanted.some((door) => collide(door, held)));
  if (rival !== undefined && rival.owner !== null) {
    const { name } = rival.owner;
    const advice = adviceAgainst(name);
    return finding("port-53", "fail", `${name} is where dotls is to listen`, { details, facts, advice });
  }
  if (rival !== undefined) {
    const text = "held where dotls is to listen, by a process that is not to be seen";
    return finding("port-53", "info", text, {
      details,
      facts,
      advice: "Run dotls doctor as root to see which.",
    });
  }
  if (holders.length === 0) {
    const idle =
      wanted.length === 0 ? "nobody holds it" : "nobody holds it: dotls is to listen there, but does not run";
    return finding("port-53", wanted.length === 0 ? "info" : "warn", idle, {
      facts,
      advice: wanted.length === 0 ? null : "Start dotls serve.",
    });
  }
  const running = holders.some(({ owner }) => isDotls(owner));
  return finding("port-53", running ? "ok" : "info", running ? "dotls holds it" : "held by others", {
    details,
    facts,
  });
}

function ownerText({ owner }: HeldPort): string {
  return owner === null ? "a process that is not to be seen" : `${owner.name} (process ${owner.pid})`;
}

/** A server of ours: `dotls serve`, or the file behind it, whatever runs it. */
function isDotls(owner: HeldPort["owner"]): boolean {
  if (owner === null) return false;
  const { command } = owner;
  const at = command.indexOf("serve");
  return at > 0 && /(?:^|\/)dotls(?:\.js)?$|\/cli\/main\.js$/.test(command[at - 1]!);
}

/** Whether both cannot have the port. A wildcard of ours passes over the addresses of systemd-resolved. */
function collide(door: ListenAddress, held: HeldPort): boolean {
  if (door.transport !== held.transport) return false;
  if (door.address === held.address) return true;
  if (isWildcard(held.address)) return held.address === "::" || !door.address.includes(":");
  if (!isWildcard(door.address) || STUBS.includes(held.address)) return false;
  return door.address === "::" || !held.address.includes(":");
}

function adviceAgainst(name: string): string {
  if (name.startsWith("systemd-resol")) {
    return "Set DNSStubListener=no in /etc/systemd/resolved.conf.d/dotls.conf and restart systemd-resolved, or let dotls listen on 127.0.0.1:53 alone.";
  }
  if (name === "dnsmasq") {
    return "It may belong to libvirt, LXD or NetworkManager: give it port=0, or bind-interfaces and an address of its own.";
  }
  return `Stop ${name}, or let one of the two listen on another address.`;
}
