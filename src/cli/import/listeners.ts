import type { ListenAddress } from "../../config/config.ts";
import { formatHostPort, isWildcard } from "../../config/ip-address.ts";
import { formatListen } from "../../config/listen-address.ts";
import type { Conversion, SourceOption } from "./conversion.ts";

/** An address to listen on, and where it comes from. */
export interface Listener {
  /** For UDP, for TCP, or for both: same address, same port. */
  readonly doors: readonly ListenAddress[];
  readonly from: readonly SourceOption[];
  readonly remarks: readonly string[];
}

/** Adds listeners; one that has its place within another, for all addresses of its family, leaves it to that one. */
export function addListeners(listeners: readonly Listener[], conversion: Conversion): void {
  for (const { doors, from, remarks } of listeners) {
    const [door] = doors;
    if (door === undefined) continue;
    const wider = listeners.find(({ doors: [other] }) => other !== undefined && covers(other, door));
    if (wider !== undefined) {
      conversion.drop(from[0]!, `part of ${wider.doors[0]!.address}, which is listened on as well`);
      continue;
    }
    const text = doors.length > 1 ? formatHostPort(door.address, door.port) : formatListen(door);
    conversion.add("listen", text, from, remarks);
  }
}

function covers(outer: ListenAddress, inner: ListenAddress): boolean {
  const sameFamily = outer.address.includes(":") === inner.address.includes(":");
  const isOther = outer.address !== inner.address;
  return isWildcard(outer.address) && isOther && sameFamily && outer.port === inner.port;
}
