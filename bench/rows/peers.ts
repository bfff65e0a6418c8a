import { dnsdist } from "../forwarders/dnsdist.ts";
import { DEFAULT_ROOM, dotls } from "../forwarders/dotls.ts";
import type { CacheRoom, Forwarder } from "../forwarders/forwarder.ts";
import { kresd } from "../forwarders/kresd.ts";
import { unbound } from "../forwarders/unbound.ts";

/** dotls and those of the others that keep answers. */
export const withCache: readonly Forwarder[] = [dotls, unbound, dnsdist, kresd];

/** As much as dotls takes when nothing is said. */
export const usualRoom: CacheRoom = { bytes: DEFAULT_ROOM, answers: 500_000 };
