import { expect, onTestFinished, test } from "vitest";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { makeGroups } from "../../src/server/groups.ts";
import { UpstreamFactory } from "../../src/server/upstreams.ts";
import { logSpy } from "../observe/log-spy.ts";
import { plainConfig } from "../support/serve.ts";

test("servers of a bypass that is over are forgotten, those of the configuration stay", async () => {
  const { log } = logSpy();
  const config = { ...plainConfig, upstreams: [readUpstream("tls://192.0.2.1", DEFAULT_TLS)] };
  const factory = new UpstreamFactory(config, log);
  onTestFinished(() => factory.stop());
  const groups = await makeGroups(config, factory, log, "");
  for (let round = 0; round < 3; round++) {
    const group = groups.plain(["192.0.2.53", "192.0.2.54"]);
    expect(factory.made.map(({ place }) => place.address)).toEqual(["192.0.2.1", "192.0.2.53", "192.0.2.54"]);
    groups.release(group);
  }
  expect(factory.made.map(({ place }) => place.address)).toEqual(["192.0.2.1"]);
});
