import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { makeGroups } from "../../src/server/groups.ts";
import { UpstreamLease } from "../../src/server/upstream-lease.ts";
import { UpstreamFactory } from "../../src/server/upstreams.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import { logSpy } from "../observe/log-spy.ts";
import { plainConfig } from "../support/serve.ts";

test("servers of a bypass that is over are forgotten, those of the configuration stay", async () => {
  const { log } = logSpy();
  const config = { ...plainConfig, upstreams: [readUpstream("tls://192.0.2.1", DEFAULT_TLS)] };
  const factory = new UpstreamFactory(config, log);
  onTestFinished(() => factory.stop());
  const lease = new UpstreamLease(factory);
  const addresses = (): string[] => lease.upstreams.map(({ place }) => place.address);
  const groups = await makeGroups(config, lease, log, "");
  for (let round = 0; round < 3; round++) {
    const group = groups.plain(["192.0.2.53", "192.0.2.54"]);
    expect(addresses()).toEqual(["192.0.2.1", "192.0.2.53", "192.0.2.54"]);
    lease.release(group.upstreams);
  }
  expect(addresses()).toEqual(["192.0.2.1"]);
});

describe("the servers of two configurations", () => {
  const first = readUpstream("tls://192.0.2.1#a.test", DEFAULT_TLS);
  const second = readUpstream("tls://192.0.2.2#a.test", DEFAULT_TLS);

  function leases(): [UpstreamLease, UpstreamLease] {
    const factory = new UpstreamFactory(plainConfig, logSpy().log);
    onTestFinished(() => factory.stop());
    return [new UpstreamLease(factory), new UpstreamLease(factory)];
  }

  test("are the same where both say the same of them, down to the last option", () => {
    const [before, after] = leases();
    const [one] = before.take(first);
    before.take(second);
    expect(after.take({ ...first })[0]).toBe(one);
    expect(after.take({ ...second, padding: 64 })[0]).not.toBe(before.upstreams[1]);
    expect(after.take({ ...second, tls: { ...second.tls, verify: "none" } })[0]).not.toBe(
      before.upstreams[1],
    );
  });

  test("are two where one configuration has them twice, in a route say", () => {
    const [before, after] = leases();
    const twice = [before.take(first)[0], before.take(first)[0]];
    expect(new Set(twice).size).toBe(2);
    expect([after.take(first)[0], after.take(first)[0]]).toEqual(twice);
  });

  test("are closed when none has them any more", () => {
    const [before, after] = leases();
    const [one] = before.take(first) as [Upstream];
    const closed = vi.spyOn(one, "retire");
    after.take(first);
    before.end();
    expect(closed).not.toHaveBeenCalled();
    after.end();
    expect(closed).toHaveBeenCalledOnce();
    expect(before.take(first)[0]).not.toBe(one);
  });
});
