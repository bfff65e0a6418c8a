import type { Config } from "./config.ts";
import { formatDnstap } from "./dnstap-address.ts";
import { allUpstreams } from "./fault.ts";
import { isLoopback } from "./ip-address.ts";
import { formatKey } from "./source.ts";
import { isPlain } from "./upstream-draft.ts";

/**
 * What somebody asked for by name and should be reminded of whenever it is in use, a line each: upstreams that need not
 * prove who they are, plain ones that get every query, secrets that are written to files. Empty for a configuration that
 * keeps queries private.
 */
export function warningsOf(config: Config): string[] {
  const upstreams = allUpstreams(config);
  const lines = upstreams.flatMap(({ path, upstream }) => {
    const who = `${formatKey(path)}: ${upstream.label}`;
    if (isPlain(upstream.protocol)) {
      return upstream.insecure
        ? [`${who} is asked in the clear: everybody on the way can read and change it`]
        : [];
    }
    if (upstream.tls.verify === "none") {
      return [`${who} need not prove who it is (verify: none): anybody on the way can pose as it`];
    }
    if (upstream.tls.verify === "opportunistic") {
      return [
        `${who} need not prove who it is: who can put himself in between can read and change everything (verify: opportunistic)`,
      ];
    }
    return [];
  });
  const logs = new Set(
    upstreams.flatMap(({ upstream }) =>
      isPlain(upstream.protocol) || upstream.tls.keyLog === null ? [] : [upstream.tls.keyLog],
    ),
  );
  const { to } = config.dnstap;
  const tapped =
    to !== null && "address" in to && !isLoopback(to.address)
      ? [`dnstap.to: every query leaves in the clear for ${formatDnstap(to)}`]
      : [];
  return [
    ...lines,
    ...tapped,
    ...[...logs].map(
      (file) => `whoever can read ${file} can read the queries: the secrets of TLS go there (keyLog)`,
    ),
  ];
}
