import { expect, test } from "vitest";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { ScriptedPlain } from "../support/scripted-plain.ts";
import { serve } from "../support/serve.ts";

test("a plain route whose server cuts answers short and refuses TCP: the client gets what there is", async () => {
  const plain = await ScriptedPlain.start({ truncate: true, tcp: false });
  const upstreams = [readUpstream(`udp://127.0.0.1:${plain.port}`, DEFAULT_TLS)];
  const match = [{ suffix: "test", apex: true, written: "test" }];
  const { client } = await serve([], { routes: [{ match, upstreams, policy: "failover" }] });
  const { message, milliseconds } = await client.ask("a.test");
  expect([message!.flags & 0x0200, message!.flags & 15, message!.answers]).toEqual([0x0200, 0, []]);
  expect(milliseconds).toBeLessThan(1500);
});
