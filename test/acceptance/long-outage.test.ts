import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "../support/daemon.ts";
import { failuresOf, load, type Timely, within } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { UdpClient } from "../support/udp-client.ts";

const PER_SECOND = 200;
const OUTAGE = 60_000;
/** When the servers go and when they return, ms since the load began. */
const GONE = 2000;
const BACK = GONE + OUTAGE;
const END = BACK + 6000;

/** The most within each third of the samples. */
function thirds(samples: readonly number[]): [number, number, number] {
  const size = Math.floor(samples.length / 3);
  const most = (from: number): number => Math.max(...samples.slice(from, from + size));
  return [most(0), most(size), most(samples.length - size)];
}

test(`T3: all servers refuse for 60 s at ${PER_SECOND} queries a second, then return: first answer within 2 s`, async () => {
  const servers = [await start(), await start()];
  const daemon = await startDaemon(servers);
  const client = await UdpClient.open(daemon.url);
  onTestFinished(() => client.close());
  expect(failuresOf([await client.ask("first.test")])).toEqual([]);
  const [files, memory]: [number[], number[]] = [[], []];
  let [returnedAt, goneAt] = [Infinity, Infinity];
  const startedAt = performance.now();
  const sampling = setInterval(() => {
    files.push(daemon.descriptors());
    if (goneAt < performance.now()) memory.push(daemon.memory());
  }, 250);
  onTestFinished(() => clearInterval(sampling));
  const replies = await load(client, PER_SECOND, END, {
    at: [
      [
        GONE,
        () => {
          goneAt = performance.now();
          for (const server of servers) void server.refuse();
        },
      ],
      [
        BACK,
        () =>
          void Promise.all(servers.map((server) => server.listen())).then(
            () => (returnedAt = performance.now() - startedAt),
          ),
      ],
    ],
  });
  clearInterval(sampling);

  expect(client.wrong).toEqual([]);
  expect(replies).toHaveLength((PER_SECOND * END) / 1000);
  // Everybody is told, within the client's whole wait.
  expect(replies.filter(({ message }) => message === null)).toEqual([]);
  expect(within(replies, 1)).toBeLessThan(4500);
  const asked = (from: number, to: number): Timely[] =>
    replies.filter(({ askedAt }) => askedAt >= from && askedAt < to);
  expect(failuresOf(asked(0, GONE - 500))).toEqual([]);
  const failed = failuresOf(asked(GONE + 500, BACK - 500));
  expect(failed).toHaveLength(asked(GONE + 500, BACK - 500).length);
  expect(failed.filter((line) => !/ SERVFAIL 22 .*connection refused/.test(line))).toEqual([]);

  const answeredAt = replies
    .filter((reply) => reply.askedAt > GONE + 500 && failuresOf([reply]).length === 0)
    .map(({ askedAt, milliseconds }) => askedAt + milliseconds);
  expect(Math.min(...answeredAt) - returnedAt).toBeLessThan(2000);
  expect(failuresOf(asked(returnedAt + 2000, END))).toEqual([]);

  // One connection of each server, and those of the samples of a moment.
  expect(Math.max(...files)).toBeLessThan(files[0]! + 12);
  const [first, second, third] = thirds(memory);
  expect(memory.length).toBeGreaterThan(OUTAGE / 500);
  expect(third).toBeLessThan(Math.max(first, second) + 16);
  // A line or two when each goes, one when each is back: the log does not grow with the outage.
  expect(daemon.log().match(/ is down: connection refused/g)!.length).toBeLessThan(5);
  expect(daemon.log().match(/ is back"/g)!.length).toBeLessThan(5);
}, 120_000);
