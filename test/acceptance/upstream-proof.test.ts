import { expect, test } from "vitest";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { DEFAULT_TLS, type OwnTls } from "../../src/config/tls-options.ts";
import type { UpstreamStatus } from "../../src/control/status.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { outcomeOf, serve, specOf, type Served } from "../support/serve.ts";

const proofOf = ({ server }: Served): Pick<UpstreamStatus, "authenticated" | "weakness"> => {
  const { authenticated, weakness } = server.status().upstreams[0]!;
  return { authenticated, weakness };
};

const linesOf = ({ lines }: Served): string[] =>
  lines.map(({ level, message }) => `${level} ${message.replace(/tls:\S+/, "A")}`);

/** A forwarder that asks again on a new connection each time. */
async function served(upstream: ScriptedUpstream, tls: OwnTls): Promise<Served & { ask(): Promise<void> }> {
  const all = await serve([specOf(upstream, { tls, pins: [upstream.pin] })]);
  let asked = 0;
  const ask = async (): Promise<void> => {
    const name = `n${asked++}.test`;
    expect(outcomeOf((await all.client.ask(name)).message)).toBe(addressOf(name));
    upstream.closeAll();
    await expect.poll(() => all.server.status().upstreams[0]!.state).toBe("idle");
  };
  return { ...all, ask };
}

test("before the first connection nothing is said; with strict it is the name, and the log is silent", async () => {
  const one = await served(await start(), {});
  expect(proofOf(one)).toEqual({ authenticated: null, weakness: null });
  await one.ask();
  await one.ask();
  expect(proofOf(one)).toEqual({ authenticated: "name", weakness: null });
  expect(linesOf(one)).toEqual([]);
});

test("a pin alone is said once in the log, and in the status", async () => {
  const one = await served(await start({ certificate: "self-signed" }), { verify: "pin" });
  await one.ask();
  await one.ask();
  const weakness = "a pin matches; name, dates and authority were not looked at";
  expect(proofOf(one)).toEqual({ authenticated: "pin", weakness });
  expect(linesOf(one)).toEqual([`warn upstream A is authenticated by its pin alone: ${weakness}`]);
});

test("that nothing was looked at is said once in the log, and in the status", async () => {
  const one = await served(await start({ certificate: "expired" }), { verify: "none" });
  await one.ask();
  await one.ask();
  expect(proofOf(one)).toEqual({ authenticated: "none", weakness: "nothing was looked at" });
  expect(linesOf(one)).toEqual(["warn upstream A is NOT AUTHENTICATED: nothing was looked at"]);
});

test("with opportunistic each change is said, with its reason", async () => {
  const upstream = await start({ tickets: false });
  const one = await served(upstream, { verify: "opportunistic" });
  await one.ask();
  await upstream.present("self-signed");
  await one.ask();
  await one.ask();
  expect(proofOf(one)).toEqual({ authenticated: "none", weakness: "TLS: the certificate is self-signed" });
  await upstream.present("wrong-name");
  await one.ask();
  await upstream.present("good");
  await one.ask();
  expect(proofOf(one)).toEqual({ authenticated: "name", weakness: null });
  expect(linesOf(one)).toEqual([
    "warn upstream A is NOT AUTHENTICATED: TLS: the certificate is self-signed",
    expect.stringMatching(/^warn upstream A is NOT AUTHENTICATED: TLS: the certificate is not for dot\.test/),
    "info upstream A is authenticated again",
  ]);
});

test("plain DNS proves nothing, and the log says nothing of it, as it was asked for by name", async () => {
  const one = await serve([], {
    routes: [
      {
        match: [{ suffix: "test", apex: true, written: "test" }],
        upstreams: [readUpstream("udp://127.0.0.1:1", DEFAULT_TLS)],
        policy: "failover",
      },
    ],
  });
  await one.client.ask("a.test");
  expect(proofOf(one)).toEqual({ authenticated: "none", weakness: "plain DNS proves nothing" });
  expect(linesOf(one).filter((line) => line.includes("AUTHENTICATED"))).toEqual([]);
});
