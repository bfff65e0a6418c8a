import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { ListenError } from "../../src/listen/listen-error.ts";
import { Listeners, type ListenOn } from "../../src/listen/listeners.ts";
import type { Io, ListenHow } from "../../src/listen/sockets.ts";
import { TcpDoor } from "../../src/listen/tcp-door.ts";
import { TcpProbe, UdpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { noEvents, TestHandler } from "./handlers.ts";
import { describeBatches, describeWays } from "./ways.ts";

/** The way that datagrams go in the tests that follow. */
let how: ListenHow = { io: "dgram", sharing: "alone" };

function on(transport: "udp" | "tcp", address: string, port: number = 0): ListenOn {
  return { transport, address, port };
}

async function open(...addresses: ListenOn[]): Promise<Listeners> {
  const listeners = await Listeners.open(addresses, new TestHandler(), noEvents, how);
  onTestFinished(() => listeners.close(0));
  return listeners;
}

function ports(listeners: Listeners): number[] {
  return listeners.urls.map((url) => Number(/\d+$/.exec(url)![0]));
}

async function answersUdp(port: number, address: string): Promise<boolean> {
  const client = new UdpProbe(port, address);
  onTestFinished(() => client.close());
  return (await client.ask(rawQuery({ id: 7 })))[1] === 7;
}

async function answersTcp(port: number, address: string): Promise<boolean> {
  const client = await TcpProbe.connect(port, address);
  onTestFinished(() => client.close());
  return (await client.ask(rawQuery({ id: 8 })))[1] === 8;
}

/** A UDP socket and a TCP server of somebody else on one port of 127.0.0.1. */
async function occupied(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.bind(port, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    await new Promise<void>((resolve) => {
      socket.close(resolve);
    });
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return port;
}

async function refusal(...addresses: ListenOn[]): Promise<ListenError> {
  const error: unknown = await Listeners.open(addresses, new TestHandler(), noEvents, how).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ListenError);
  return error as ListenError;
}

function use(io: Io): void {
  beforeAll(() => {
    how = { io, sharing: "alone" };
  });
}

describeWays("listeners", (io) => {
  use(io);

  it("answer on each address, over UDP and TCP, IPv4 and IPv6", async () => {
    const listeners = await open(
      on("udp", "127.0.0.1"),
      on("tcp", "127.0.0.1"),
      on("udp", "::1"),
      on("tcp", "::1"),
      on("udp", "127.0.0.1"),
    );
    const [first, second, third, fourth, fifth] = ports(listeners);
    expect(listeners.urls[2]).toBe(`udp://[::1]:${third}`);
    expect(await answersUdp(first!, "127.0.0.1")).toBe(true);
    expect(await answersTcp(second!, "127.0.0.1")).toBe(true);
    expect(await answersUdp(third!, "::1")).toBe(true);
    expect(await answersTcp(fourth!, "::1")).toBe(true);
    expect(await answersUdp(fifth!, "127.0.0.1")).toBe(true);
  });

  it("share a port of the system's choice between UDP and TCP of one address, pair by pair", async () => {
    const listeners = await open(
      on("udp", "127.0.0.1"),
      on("tcp", "127.0.0.1"),
      on("tcp", "127.0.0.1"),
      on("udp", "127.0.0.1"),
    );
    const [a, b, c, d] = ports(listeners);
    expect(b).toBe(a);
    expect(d).toBe(c);
    expect(c).not.toBe(a);
  });

  it("ask for another port when the one that the system chose for UDP is in use over TCP", async () => {
    const taken = Object.assign(new Error("in use"), { code: "EADDRINUSE" });
    const spy = vi
      .spyOn(TcpDoor, "open")
      .mockRejectedValueOnce(new ListenError("tcp://127.0.0.1:9", 9, taken));
    onTestFinished(() => spy.mockRestore());
    const [udp, tcp] = ports(await open(on("udp", "127.0.0.1"), on("tcp", "127.0.0.1")));
    // More often when a port that the system chose was really in use.
    expect(spy.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(tcp).toBe(udp);
    spy.mockRejectedValue(new ListenError("tcp://127.0.0.1:9", 9, taken));
    expect((await refusal(on("udp", "127.0.0.1"), on("tcp", "127.0.0.1"))).errno).toBe("EADDRINUSE");
    // A port that was asked for is not given up for another.
    const before = spy.mock.calls.length;
    expect((await refusal(on("tcp", "127.0.0.1", tcp))).errno).toBe("EADDRINUSE");
    expect(spy.mock.calls.length).toBe(before + 1);
  });

  it.each(["udp", "tcp"] as const)("say EADDRINUSE for %s, and leave nothing open", async (transport) => {
    const port = await occupied();
    const free = ports(await open(on("tcp", "127.0.0.1")))[0]!;
    const error = await refusal(
      on("udp", "127.0.0.1", free),
      on("tcp", "127.0.0.5", free),
      on(transport, "127.0.0.1", port),
    );
    expect(error).toMatchObject({ errno: "EADDRINUSE", url: `${transport}://127.0.0.1:${port}` });
    expect(error.message).toContain("another program listens there");
    // What had been opened before can be had again.
    await open(on("udp", "127.0.0.1", free), on("tcp", "127.0.0.5", free));
  });

  it.each(["udp", "tcp"] as const)("say EADDRNOTAVAIL for %s", async (transport) => {
    for (const address of ["203.0.113.77", "2001:db8::77"]) {
      expect((await refusal(on(transport, address))).errno).toBe("EADDRNOTAVAIL");
    }
  });

  it("closed, are gone: the ports can be had again", async () => {
    const listeners = await open(on("udp", "127.0.0.1"), on("tcp", "127.0.0.1"));
    const [port] = ports(listeners);
    const client = await TcpProbe.connect(port!);
    onTestFinished(() => client.close());
    await listeners.close(0);
    expect(await client.ended()).not.toBe("");
    await open(on("udp", "127.0.0.1", port), on("tcp", "127.0.0.1", port));
  });

  it("count the TCP clients of all doors", async () => {
    const listeners = await open(on("tcp", "127.0.0.1"), on("tcp", "::1"));
    const [four, six] = ports(listeners);
    expect(await answersTcp(four!, "127.0.0.1")).toBe(true);
    expect(await answersTcp(six!, "::1")).toBe(true);
    expect(listeners.tcpClients).toBe(2);
  });
});

describeWays("listeners on every address", (io) => {
  use(io);

  it("reply from the address that was asked", async () => {
    const [port] = ports(await open(on("udp", "0.0.0.0"), on("tcp", "0.0.0.0")));
    for (const address of ["127.0.0.1", "127.0.0.5", "127.0.0.53"]) {
      const client = new UdpProbe(port!, address);
      onTestFinished(() => client.close());
      client.send(rawQuery());
      expect(await client.receive()).toMatchObject({ address, port });
      expect(await answersTcp(port!, address)).toBe(true);
    }
  });

  it("reply so to many that one client asks at once, and to each of two addresses from that one", async () => {
    const [four] = ports(await open(on("udp", "0.0.0.0")));
    const [six] = ports(await open(on("udp", "::")));
    for (const [port, addresses] of [
      [four!, ["127.0.0.1", "127.0.0.5"]],
      [six!, ["::1", "127.0.0.1"]],
    ] as const) {
      const clients = addresses.map((address) => new UdpProbe(port, address));
      onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))));
      for (let id = 0; id < 60; id++) for (const client of clients) client.send(rawQuery({ id }));
      for (const [at, client] of clients.entries()) {
        const seen = new Set<number>();
        while (seen.size < 60) {
          const { bytes, address } = await client.receive();
          expect(address).toBe(addresses[at]);
          seen.add(bytes.readUInt16BE(0));
        }
      }
    }
  });

  it("take IPv4 by :: as well, unless IPv4 has been given an address of its own", async () => {
    const [port] = ports(await open(on("udp", "::"), on("tcp", "::")));
    for (const address of ["127.0.0.1", "127.0.0.5", "::1"]) {
      expect(await answersUdp(port!, address)).toBe(true);
      expect(await answersTcp(port!, address)).toBe(true);
    }
    const own = ports(await open(on("tcp", "127.0.0.1")))[0]!;
    const [udp] = ports(await open(on("udp", "127.0.0.1", own), on("udp", "::", own)));
    expect(await answersUdp(udp!, "127.0.0.1")).toBe(true);
    expect(await answersUdp(udp!, "::1")).toBe(true);
  });

  it("leave nothing open when one of the addresses is taken", async () => {
    const port = await occupied();
    expect((await refusal(on("udp", "0.0.0.0", port))).errno).toBe("EADDRINUSE");
    await open(on("udp", "127.0.0.5", port));
  });

  it("do without an address of 127.0.0.0/8 that another program has", async () => {
    const [port] = ports(await open(on("udp", "127.0.0.53")));
    await open(on("udp", "0.0.0.0", port));
    expect(await answersUdp(port!, "127.0.0.1")).toBe(true);
  });
});

describeBatches("listeners in batches", () => {
  use("batch");

  it("answer on all of 127.0.0.0/8, which no interface lists", async () => {
    const [port] = ports(await open(on("udp", "0.0.0.0")));
    for (const address of ["127.0.0.200", "127.99.1.2"]) {
      const client = new UdpProbe(port!, address);
      onTestFinished(() => client.close());
      client.send(rawQuery());
      expect(await client.receive()).toMatchObject({ address, port });
    }
  });

  it("say that they are", async () => {
    const listeners = await open(on("udp", "127.0.0.1"));
    expect(listeners.io).toBe("batch");
    expect(listeners.refusedReplies).toBe(0);
  });
});
