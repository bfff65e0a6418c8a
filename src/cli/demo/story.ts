import { basename, relative } from "node:path";
import type { Site } from "./site.ts";
import { EXAMPLE_NAME, SERVER_NAME } from "./zone.ts";

/** What was started, before the first query. */
export function openingText({ zone, records, types, port }: Site): string {
  return `dotls demo: one query over TLS from end to end, on this machine alone.

  made     a certificate authority, and under it a certificate for ${SERVER_NAME}
  started  ${SERVER_NAME}, a DNS-over-TLS server on ${zone.address}:${zone.port}
           with ${records} records of ${types} types
  started  dotls on 127.0.0.1:${port}, UDP and TCP, which trusts this authority alone
           and asks this server alone

Now a client asks dotls, over plain UDP:
`;
}

/** The way of the last query, as dotls and the server at the other end saw it. */
export function tripText({ dotls, witness, zone, port }: Site): string {
  const entry = dotls.history.entry(dotls.history.recorded - 1);
  if (entry === undefined) return "No query reached dotls.\n";
  const asked = `  1. client to dotls   plain DNS over ${entry.transport.toUpperCase()}, ${entry.client}:${entry.port} to 127.0.0.1:${port}
                       ${entry.name} ${entry.type}, ${entry.querySize} bytes, readable by all on the way
`;
  const { handshake, sizes } = witness;
  if (entry.server === null || handshake === null || sizes === null) {
    return `The trip of this query:\n${asked}  2. dotls to client   ${entry.rcode}: ${entry.error}\n`;
  }
  const [upstream] = dotls.status().upstreams;
  const took = upstream?.handshakeMs ?? null;
  return `The trip of this query:
${asked}  2. TLS handshake     ${handshake.version} to ${zone.address}:${zone.port}${took === null ? "" : `, ${took.toFixed(1)} ms`}
                       ${handshake.cipher}, ALPN ${handshake.protocol}, SNI ${handshake.serverName ?? "none"}
                       certificate verified: chain up to the demo's authority, name
                       ${upstream?.name}; without that no query would leave
  3. query over TLS    ${sizes.query} bytes, padded so that its length tells nothing
  4. answer over TLS   ${sizes.reply} bytes, padded too
  5. dotls to client   ${entry.rcode}, ${entry.bytes} bytes, ${entry.ms.toFixed(1)} ms after the question came
`;
}

/** Commands for the other terminal, ready to be copied. */
export function commandsText({ port, zone, caFile }: Site): string {
  const dig = `dig @127.0.0.1 -p ${port}`;
  return `dotls goes on until you press Ctrl-C. Ask it, from another terminal:

  ${dig} ${EXAMPLE_NAME}
  ${dig} ${EXAMPLE_NAME} HTTPS
  ${dig} ${EXAMPLE_NAME} ANY +tcp
  ${dig} www.dotls.test              # an alias
  ${dig} anything.wild.dotls.test    # a wildcard
  ${dig} nothing.dotls.test          # a name that is not there

Without dig at hand:

  ${ownName()} query @127.0.0.1 -p ${port} ${EXAMPLE_NAME} MX

Past dotls, the DNS-over-TLS server itself:

  ${ownName()} query @${zone.address} -p ${zone.port} +tls +tls-hostname=${SERVER_NAME} \\
    +tls-ca=${caFile} ${EXAMPLE_NAME} TXT
`;
}

/** What was done, at the end. */
export function closingText({ dotls }: Site): string {
  const [upstream] = dotls.status().upstreams;
  const { recorded } = dotls.history;
  return `\nStopped: ${recorded} ${recorded === 1 ? "query" : "queries"}, TLS handshakes: ${upstream?.handshakes ?? 0}\n`;
}

/** How this program was called, so that the printed commands work when they are pasted. */
function ownName(): string {
  const script = process.argv[1] ?? "";
  return basename(script) === "main.js" ? `node ${relative(process.cwd(), script)}` : "dotls";
}
