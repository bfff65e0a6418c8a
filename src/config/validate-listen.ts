import { networkInterfaces } from "node:os";
import { formatBootstrap } from "./bootstrap.ts";
import type { Config, ListenAddress } from "./config.ts";
import { allUpstreams, type Fault } from "./fault.ts";
import { canonicalAddress, isLoopback, isWildcard } from "./ip-address.ts";
import { formatListen } from "./listen-address.ts";

/** Listeners that leave no room for each other. */
export function listenerFaults({ listen }: Config): Fault[] {
  const problem = (message: string): Fault => ({ path: ["listen"], message, hint: "keep one of them" });
  return listen.flatMap((listener, index) => {
    // Port 0 is another one for each listener.
    const others = listen.filter(
      (other, at) => at !== index && other.port !== 0 && sameDoor(other, listener),
    );
    const first = others.find((other) => other.address === listener.address);
    if (first !== undefined) {
      return listen.indexOf(first) < index ? [problem(`${formatListen(listener)} is given twice`)] : [];
    }
    const wider = others.find((other) => covers(other.address, listener.address));
    return wider === undefined
      ? []
      : [problem(`${formatListen(listener)} is part of ${formatListen(wider)}, which is given as well`)];
  });
}

function sameDoor(a: ListenAddress, b: ListenAddress): boolean {
  return a.transport === b.transport && a.port === b.port;
}

/** Whether a listener for all addresses leaves no room for one on `address`. IPv4 beside `::` has room: see `takesIPv4`. */
function covers(wildcard: string, address: string): boolean {
  return isWildcard(wildcard) && wildcard.includes(":") === address.includes(":");
}

/** Upstreams that are this server. TLS, HTTPS and plain TCP come to a TCP listener, the rest to one for UDP. */
export function loopFaults(config: Config): Fault[] {
  const { listen, bootstrap } = config;
  const asked = [
    ...allUpstreams(config).map(({ path, upstream }) => ({
      path,
      label: upstream.label,
      transport: upstream.protocol === "udp" || upstream.ddr ? "udp" : "tcp",
      addresses: upstream.addresses,
      port: upstream.port,
    })),
    ...bootstrap.map((server, index) => ({
      path: ["bootstrap", index],
      label: formatBootstrap(server),
      transport: "udp",
      addresses: [server.address],
      port: server.port,
    })),
  ];
  return asked.flatMap(({ path, label, transport, addresses, port }) => {
    const door = listen.find(
      (listener) =>
        listener.transport === transport &&
        listener.port === port &&
        addresses.some((address) => reaches(address, listener, listen)),
    );
    if (door === undefined) return [];
    const message = `${label} is ${formatListen(door)}, where dotls itself listens`;
    return [{ path, message, hint: "queries would go round in a circle" }];
  });
}

function reaches(address: string, listener: ListenAddress, all: readonly ListenAddress[]): boolean {
  if (address === listener.address) return true;
  const open = covers(listener.address, address) || (listener.address === "::" && takesIPv4(listener, all));
  return open && (isLoopback(address) || localAddresses().has(address));
}

/** `::` takes IPv4 as well, unless an IPv4 address is given for the same transport and port. */
function takesIPv4(listener: ListenAddress, all: readonly ListenAddress[]): boolean {
  return !all.some((other) => sameDoor(other, listener) && !other.address.includes(":"));
}

function localAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => canonicalAddress(address.split("%", 1)[0]!) ?? address));
}
