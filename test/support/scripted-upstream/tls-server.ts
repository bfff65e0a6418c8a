import { constants } from "node:crypto";
import type { Server } from "node:tls";
import tls from "node:tls";
import type { Counters } from "./counters.ts";
import { count } from "./counters.ts";
import type { Knobs } from "./knobs.ts";

type TlsKnobs = Pick<
  Knobs,
  "chain" | "key" | "alpn" | "tickets" | "ticketKeys" | "minVersion" | "maxVersion" | "clientCa"
>;

/** Gives the TLS server for some knobs; a new one only when they differ from the last time, for speed. */
export function tlsServers(
  counters: () => Counters,
  prepare: (server: Server) => void,
): (knobs: TlsKnobs) => Server {
  let last: { readonly parts: readonly unknown[]; readonly server: Server } | undefined;
  return (knobs) => {
    const { chain, key, alpn, tickets, ticketKeys, minVersion, maxVersion, clientCa } = knobs;
    const parts = [chain, key, alpn, tickets, ticketKeys, minVersion, maxVersion, clientCa];
    if (last?.parts.every((part, index) => part === parts[index]) === true) return last.server;
    const server = tls.createServer({
      cert: chain,
      key,
      minVersion,
      maxVersion,
      ticketKeys,
      // Sessions are bound to this text: the same for all servers here, so that they resume across restarts.
      sessionIdContext: "scripted upstream",
      // Without tickets, and without a store on this side, neither TLS 1.2 nor 1.3 resumes.
      secureOptions: tickets ? 0 : constants.SSL_OP_NO_TICKET,
      // Without a certificate: an alert. With one of another authority, Node shakes hands and closes without a word.
      ...(clientCa === null ? {} : { requestCert: true, rejectUnauthorized: true, ca: clientCa }),
      ...(alpn === null
        ? {}
        : {
            ALPNCallback: ({ protocols }: { protocols: string[] }) => {
              count(counters().alpn, protocols.join(","));
              return alpn.find((protocol) => protocols.includes(protocol));
            },
          }),
    });
    prepare(server);
    last = { parts, server };
    return server;
  };
}
