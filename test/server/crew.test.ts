import { describe, expect, it } from "vitest";
import { IoError } from "../../src/listen/io-error.ts";
import { automaticWorkers, planCrew } from "../../src/server/crew.ts";
import type { Processors } from "../../src/server/processors.ts";
import { plainConfig } from "../support/serve.ts";

const cannot = (): Promise<never> => Promise.reject(new IoError("several threads cannot listen on one port"));
const have = (count: number) => (): Processors => ({ count, why: `${count} processors` });
const can = (): Promise<unknown> => Promise.resolve();

describe("how many threads answer", () => {
  it("one where that is asked for, whatever sockets there are", async () => {
    const crew = await planCrew({ ...plainConfig, workers: 1 }, null, have(8), cannot);
    expect(crew.workers).toBe(1);
    expect(crew.ledger.observers).toHaveLength(2);
  });

  it("several where threads can share a port", async () => {
    const crew = await planCrew({ ...plainConfig, workers: 3 }, null, have(1), can);
    expect(crew.workers).toBe(3);
    // They count for themselves.
    expect(crew.ledger.observers).toHaveLength(0);
  });

  it("refuses a number that cannot be had, and takes one when it was free to choose", async () => {
    await expect(planCrew({ ...plainConfig, workers: 2 }, null, have(8), cannot)).rejects.toThrow(
      "cannot listen on one port",
    );
    expect((await planCrew({ ...plainConfig, workers: "auto" }, null, have(8), cannot)).workers).toBe(1);
  });

  it("refuses to share what systemd has passed, which outlives the process anyway", async () => {
    const passed = [{ fd: 3, transport: "udp", address: "127.0.0.1", port: 53 }] as const;
    await expect(
      planCrew({ ...plainConfig, shareListeners: true }, null, have(8), can, passed),
    ).rejects.toThrow("shareListeners: systemd keeps the sockets");
  });

  it("auto is for machines that have processors to spare", async () => {
    expect([1, 2, 3, 4, 8, 64].map(automaticWorkers)).toEqual([1, 1, 1, 2, 4, 4]);
    expect((await planCrew({ ...plainConfig, workers: "auto" }, null, have(8), can)).workers).toBe(4);
  });

  it("says what an automatic number follows from, and nothing of one that was asked for", async () => {
    const auto = { ...plainConfig, workers: "auto" } as const;
    const quota = (): Processors => ({ count: 4, why: "cgroup quota of 3.5 of 64 processors" });
    expect(await planCrew(auto, null, quota, can)).toMatchObject({
      workers: 2,
      why: "cgroup quota of 3.5 of 64 processors",
    });
    expect((await planCrew({ ...plainConfig, workers: 2 }, null, quota, can)).why).toBe(null);
    expect((await planCrew(auto, null, quota, cannot)).why).toContain("cannot listen on one port");
    expect((await planCrew({ ...auto, user: "nobody" }, null, quota, can)).why).toBe(
      "it becomes user nobody",
    );
  });
});
