import type { Config } from "../config/config.ts";
import { formatDnstap } from "../config/dnstap-address.ts";
import { DNSTAP_COUNTS } from "../observe/dnstap/counts.ts";
import type { Dnstap } from "../observe/dnstap/dnstap.ts";
import type { Log } from "../observe/log.ts";
import { packageVersion } from "../version.ts";
import { privacyFor } from "./history-privacy.ts";

/** No thread has less room than this, in bytes: the least that the option takes. */
const LEAST_BUFFER = 256 * 1024;

/** The dnstap of one of so many threads, not yet started; null: the configuration has none. */
export async function dnstapFor(
  { dnstap, history }: Config,
  log: Log,
  counts: Float64Array = new Float64Array(DNSTAP_COUNTS),
  threads: number = 1,
): Promise<Dnstap | null> {
  const { to } = dnstap;
  if (to === null) return null;
  const { makeDnstap } = await import("../observe/dnstap/dnstap.ts");
  return makeDnstap({
    ...dnstap,
    buffer: Math.max(LEAST_BUFFER, Math.ceil(dnstap.buffer / threads)),
    target: to,
    label: formatDnstap(to),
    version: packageVersion(),
    privacy: privacyFor(history),
    counts,
    log,
  });
}
