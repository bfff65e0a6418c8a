import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Dialed } from "../../src/upstream/dial.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import { dialTcp } from "../../src/upstream/tcp-dial.ts";
import { until } from "../support/scripted-upstream/fixture.ts";

interface Attempt {
  readonly outcome: Promise<Dialed<Socket> | Failure>;
  readonly bytes: number[];
  readonly cancel: (politely: boolean) => void;
}

function dialPort(port: number, address: string = "127.0.0.1"): Attempt {
  const bytes: number[] = [];
  let settle!: (outcome: Dialed<Socket> | Failure) => void;
  const outcome = new Promise<Dialed<Socket> | Failure>((resolve) => {
    settle = resolve;
  });
  const cancel = dialTcp(
    { address, port },
    {
      onOpen: settle,
      onFailure: settle,
      onBytes: (chunk, length) => bytes.push(...chunk.subarray(0, length)),
    },
  );
  onTestFinished(() => cancel(false));
  return { outcome, bytes, cancel };
}

async function listen(accept: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(accept).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("a plain TCP connection", () => {
  test("opens, hands out what comes, and writes what it is given", async () => {
    const heard: Buffer[] = [];
    const port = await listen((socket) => {
      socket.on("data", (chunk) => heard.push(chunk));
      socket.write("abc");
    });
    const { outcome, bytes } = dialPort(port);
    const dialed = (await outcome) as Dialed<Socket>;
    expect(dialed).toMatchObject({ handshakeMs: 0, resumed: false });
    expect(dialed.connectMs).toBeGreaterThan(0);
    dialed.socket.write("xyz");
    await until(() => bytes.length === 3 && heard.length === 1);
    expect([Buffer.from(bytes).toString(), heard[0]!.toString()]).toEqual(["abc", "xyz"]);
  });

  test("is refused where nobody listens, unreachable without a route", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await dialPort(port).outcome).toEqual({ kind: "refused", text: "connection refused" });
    expect(await dialPort(53, "255.255.255.255").outcome).toMatchObject({ kind: "unreachable" });
  });

  test("that is ended on our side says nothing, opened or not", async () => {
    const heard: Buffer[] = [];
    let ended = 0;
    const port = await listen((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => heard.push(chunk));
      socket.on("end", () => ended++);
    });
    const early = dialPort(port);
    early.cancel(true);
    const late = dialPort(port);
    const { socket } = (await late.outcome) as Dialed<Socket>;
    socket.write("last words");
    late.cancel(true);
    await until(() => socket.destroyed && heard.length === 1 && ended > 0);
    expect(heard[0]!.toString()).toBe("last words");
    const silence = new Promise((resolve) => setTimeout(resolve, 50, "silence"));
    expect(await Promise.race([early.outcome, silence])).toBe("silence");
  });

  test("does not wait for a peer that reads nothing", async () => {
    const port = await listen((socket) => {
      socket.on("error", () => {});
      socket.pause();
    });
    const { outcome, cancel } = dialPort(port);
    const { socket } = (await outcome) as Dialed<Socket>;
    socket.write(Buffer.alloc(32 << 20));
    cancel(true);
    await until(() => socket.destroyed);
    expect(socket.writableLength).toBeGreaterThan(0);
  });
});
