import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeMessage } from "../../src/dns/message.ts";
import { parseName } from "../../src/dns/name.ts";
import { parseZone } from "../../src/dns/zone-text.ts";
import { Bootstrap } from "../../src/upstream/bootstrap.ts";
import { discover } from "../../src/upstream/ddr.ts";
import { PlainServer } from "../support/plain-server.ts";

const never = new AbortController().signal;

const answers = parseZone(
  `dns.example. 300 IN CNAME edge.example.
edge.example. 300 IN A 192.0.2.1
_dns.resolver.arpa. 300 IN SVCB 1 dot.example. mandatory=alpn alpn=h2,dot port=853 ipv4hint=192.0.2.1 dohpath=/q{?dns}
_dns.resolver.arpa. 300 IN SVCB 0 _dns.dot.example.
`,
  { origin: parseName(".") },
);

/** Behind the question, so that most of what comes is taken for an answer. */
const changes = fc.array(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { minLength: 1, maxLength: 6 });

test("whatever a plain resolver says, a lookup and a discovery end, and nothing is thrown", async () => {
  let now: readonly { readonly at: number; readonly to: number }[] = [];
  const server = await PlainServer.start(({ over }) => ({
    truncated: over === "udp" && now.length % 3 === 0,
    forge: (right) => {
      const bytes = encodeMessage({ ...right, answers });
      const first = 40;
      for (const { at, to } of now) bytes[first + (at % (bytes.length - first))] = to;
      // Else those that spoil the message are waited for until the end.
      return [bytes, encodeMessage({ ...right, flags: (right.flags & ~0x0200) | 2 })];
    },
  }));
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      now = change;
      const found = await new Bootstrap([server]).lookup("dns.example", 4, never);
      expect("kind" in found || found.addresses.length <= 8).toBe(true);
      const discovered = await discover(server, never);
      expect("kind" in discovered || discovered.designations.length <= 8).toBe(true);
    }),
    { numRuns: 300 },
  );
});
