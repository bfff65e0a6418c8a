import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { ListenOn } from "../listen/listeners.ts";
import { isWildcard, localAddresses } from "../listen/local-addresses.ts";

const UNKNOWN = { netmask: "", mac: "", internal: true, cidr: null };
const LOOPBACK: NodeJS.Dict<NetworkInterfaceInfo[]> = {
  lo: [
    { address: "127.0.0.1", family: "IPv4", ...UNKNOWN },
    { address: "::1", family: "IPv6", scopeid: 0, ...UNKNOWN },
  ],
};

/**
 * Whether what is asked at this address and port is one of our own doors: such a server would send every question back
 * to us for ever. Addresses are in canonical form, `listening` with the ports that were really bound. A way around, by
 * another forwarder or a redirecting router, does not show in an address: `LoopProbe` finds that.
 */
export function isOwnAddress(
  target: ListenOn,
  listening: readonly ListenOn[],
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = interfacesNow,
): boolean {
  const address = reached(target.address);
  const doors = listening.filter(
    ({ transport, port }) => transport === target.transport && port === target.port,
  );
  return doors.some((door) => {
    if (!isWildcard(door.address)) return door.address === address;
    const version6 = address.includes(":");
    // `::` leaves IPv4 alone where an IPv4 address was given as well.
    if (version6 ? door.address === "0.0.0.0" : door.address === "::" && doors.some(isVersion4)) return false;
    const { addresses, optional } = localAddresses("both", interfaces());
    // Over UDP somebody else may have one of the optional ones: systemd-resolved 127.0.0.53, beside our wildcard.
    if (addresses.includes(address) && !optional.has(address)) return true;
    return door.transport === "tcp" && address.startsWith("127.");
  });
}

/** Loopback alone while the system cannot say: it takes a socket to look, and there may be no room for one. */
function interfacesNow(): NodeJS.Dict<NetworkInterfaceInfo[]> {
  try {
    return networkInterfaces();
  } catch {
    return LOOPBACK;
  }
}

/** Who connects to "every address" gets to this host, and an IPv4 address in IPv6 is the same door. */
function reached(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "::1";
  return address.replace(/^::ffff:(?=[\d.]+$)/, "");
}

function isVersion4({ address }: ListenOn): boolean {
  return !address.includes(":");
}
