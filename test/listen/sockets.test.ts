import { connect } from "node:net";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DatagramPort } from "../../src/listen/datagrams.ts";
import { IoError } from "../../src/listen/io-error.ts";
import { ListenError } from "../../src/listen/listen-error.ts";
import { type Io, Sockets } from "../../src/listen/sockets.ts";
import type { TcpDoor } from "../../src/listen/tcp-door.ts";
import { TcpProbe, UdpProbe } from "../support/plain-client.ts";
import { freePorts } from "../support/peers/process.ts";
import { rawQuery } from "../support/raw-query.ts";
import { noEvents, TestHandler } from "./handlers.ts";
import { describeBatches, describeWays } from "./ways.ts";

const noLibrary = async (): Promise<string> => "there is no library";

function closing<T extends DatagramPort | TcpDoor>(door: T): T {
  onTestFinished(() => door.close(0));
  return door;
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

async function answers(port: number, address: string): Promise<{ address: string; id: number }> {
  const client = new UdpProbe(port, address);
  onTestFinished(() => client.close());
  client.send(rawQuery({ id: 7 }));
  const reply = await client.receive();
  return { address: reply.address, id: reply.bytes[1]! };
}

describe("the way in which datagrams go", () => {
  it("is the one asked for, where it is possible", async () => {
    for (const [io, found] of [
      ["auto", "dgram"],
      ["dgram", "dgram"],
    ] as const) {
      expect((await Sockets.choose({ io, sharing: "alone" }, noLibrary)).io).toBe(found);
    }
  });

  it("is refused with the reason where it is not", async () => {
    const error = await errorOf(Sockets.choose({ io: "batch", sharing: "alone" }, noLibrary));
    expect(error).toBeInstanceOf(IoError);
    expect(error).toMatchObject({
      code: "ERR_DOTLS_IO",
      message: "datagrams cannot be received and sent in batches: there is no library",
    });
  });

  it("does not load the library when nobody asks for it", async () => {
    const load = (): never => {
      throw new Error("loaded");
    };
    expect((await Sockets.choose({ io: "dgram", sharing: "alone" }, load)).io).toBe("dgram");
  });

  it("lets processes share a port only with koffi, which can leave one without a loss", async () => {
    for (const io of ["auto", "dgram"] as const) {
      const error = await errorOf(Sockets.choose({ io, sharing: "later", processes: true }, noLibrary));
      expect(error).toMatchObject({
        code: "ERR_DOTLS_IO",
        message: "shareListeners: two processes cannot listen on one port without koffi: there is no library",
      });
    }
  });

  it("lets several threads share a port with koffi, or where Node.js can do it alone", async () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    const error = await errorOf(Sockets.choose({ io: "auto", sharing: "join" }, noLibrary));
    if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) {
      expect(error).toBeNull();
    } else {
      expect(error).toMatchObject({
        code: "ERR_DOTLS_IO",
        message: `several threads cannot listen on one port: Node.js ${process.version} needs koffi for that: there is no library`,
      });
    }
  });
});

describeBatches("batches", () => {
  it("are taken where they are possible", async () => {
    for (const io of ["auto", "batch"] as const) {
      expect((await Sockets.choose({ io, sharing: "alone" })).io).toBe("batch");
    }
  });
});

describeWays("sockets on one port", (io) => {
  const open = async (
    sharing: "alone" | "first" | "join",
    port: number,
    handler: TestHandler = new TestHandler(),
  ): Promise<DatagramPort> => {
    const sockets = await Sockets.choose({ io, sharing });
    return closing(await sockets.udp("127.0.0.1", port, handler));
  };

  it("are had by one alone, unless they are to be shared", async () => {
    const { port } = await open("alone", 0);
    for (const sharing of ["alone", "first", "join"] as const) {
      const error = await errorOf(open(sharing, port));
      expect(error).toBeInstanceOf(ListenError);
      expect(error).toMatchObject({ errno: "EADDRINUSE" });
    }
  });

  describeBatches("shared", () => {
    it("are joined by others; who comes first finds out that somebody has the port", async () => {
      const handlers = [new TestHandler(), new TestHandler()];
      const { port } = await open("first", 0, handlers[0]);
      expect((await open("join", port, handlers[1])).port).toBe(port);
      for (const sharing of ["first", "alone"] as const) {
        expect(await errorOf(open(sharing, port))).toMatchObject({ errno: "EADDRINUSE" });
      }
      // The kernel chooses by the client's port.
      for (let i = 0; i < 64; i++) expect((await answers(port, "127.0.0.1")).id).toBe(7);
      const seen = handlers.map((handler) => handler.seen);
      expect(seen[0]! + seen[1]!).toBe(64);
      expect(Math.min(...seen)).toBeGreaterThan(0);
    });

    it("are joined over TCP as well", async () => {
      const tcp = async (sharing: "first" | "join", port: number): Promise<TcpDoor> => {
        const sockets = await Sockets.choose({ io, sharing });
        return closing(await sockets.tcp("127.0.0.1", port, false, new TestHandler()));
      };
      const first = await tcp("first", 0);
      const second = await tcp("join", first.port);
      expect(second.port).toBe(first.port);
      expect(await errorOf(tcp("first", first.port))).toMatchObject({ errno: "EADDRINUSE" });
      for (let i = 0; i < 64; i++) {
        const client = await TcpProbe.connect(first.port);
        onTestFinished(() => client.close());
        expect((await client.ask(rawQuery({ id: 8 })))[1]).toBe(8);
      }
      expect(first.clients + second.clients).toBe(64);
      expect(Math.min(first.clients, second.clients)).toBeGreaterThan(0);
    });
  });

  describeBatches("shared with other processes", () => {
    const shared = async (port: number): Promise<DatagramPort> => {
      const sockets = await Sockets.choose({ io, sharing: "later", processes: true });
      return closing(await sockets.udp("127.0.0.1", port, new TestHandler()));
    };

    it("are joined by whoever is told to, and by nobody else", async () => {
      const { port } = await open("alone", 0);
      expect(await errorOf(shared(port))).toMatchObject({
        errno: "EADDRINUSE",
        message: expect.stringContaining("does not share it") as string,
      });
      const first = await shared((await freePorts(1))[0]!);
      expect((await shared(first.port)).port).toBe(first.port);
      for (const sharing of ["first", "alone"] as const) {
        expect(await errorOf(open(sharing, first.port))).toMatchObject({ errno: "EADDRINUSE" });
      }
    });

    it("are left without a datagram lost", async () => {
      const handlers = [new TestHandler(), new TestHandler()];
      const sockets = await Sockets.choose({ io, sharing: "later", processes: true });
      const [port = 0] = await freePorts(1);
      const old = closing(await sockets.udp("127.0.0.1", port, handlers[0]!));
      closing(await sockets.udp("127.0.0.1", port, handlers[1]!));
      const clients = Array.from({ length: 32 }, () => new UdpProbe(port));
      onTestFinished(async () => {
        await Promise.all(clients.map((client) => client.close()));
      });
      for (const client of clients) client.send(rawQuery({ id: 1 }));
      old.deafen();
      for (const client of clients) client.send(rawQuery({ id: 2 }));
      for (const client of clients) {
        const ids = [await client.receive(), await client.receive()].map(({ bytes }) => bytes[1]!);
        expect(new Set(ids)).toEqual(new Set([1, 2]));
      }
      expect(handlers[0]!.seen + handlers[1]!.seen).toBe(64);
      expect(handlers[1]!.seen).toBeGreaterThanOrEqual(32);
    });

    it("are left without a connection lost, those included that nobody has accepted yet", async () => {
      const handlers = [new TestHandler(), new TestHandler()];
      const [port = 0] = await freePorts(1);
      const doors: TcpDoor[] = [];
      for (const handler of handlers) {
        const sockets = await Sockets.choose({ io, sharing: "later", processes: true });
        doors.push(closing(await sockets.tcp("127.0.0.1", port, false, handler)));
      }
      // The kernel has made the connections before this process looks at its sockets again.
      const clients = Array.from({ length: 64 }, () => TcpProbe.connect(port));
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const left = doors[0]!.leave();
      const answered = await Promise.all(
        clients.map(async (connecting) => {
          const client = await connecting;
          onTestFinished(() => client.close());
          return (await client.ask(rawQuery({ id: 3 })))[1];
        }),
      );
      expect(answered).toEqual(Array.from({ length: 64 }, () => 3));
      await left;
      const before = handlers[0]!.seen;
      expect(before).toBeGreaterThan(0);
      for (let i = 0; i < 32; i++) {
        const client = await TcpProbe.connect(port);
        onTestFinished(() => client.close());
        await client.ask(rawQuery());
      }
      expect(handlers[0]!.seen).toBe(before);
    });

    it("that the system chose are nobody else's", async () => {
      const sockets = await Sockets.choose({ io, sharing: "later", processes: true });
      const door = closing(await sockets.unshared.udp("127.0.0.1", 0, new TestHandler()));
      const error = await errorOf(sockets.unshared.udp("127.0.0.1", door.port, new TestHandler()));
      expect(error).toMatchObject({ errno: "EADDRINUSE" });
    });
  });

  it("say what is wrong with an address", async () => {
    const sockets = await Sockets.choose({ io, sharing: "alone" });
    for (const [address, errno] of [
      ["203.0.113.77", "EADDRNOTAVAIL"],
      ["2001:db8::77", "EADDRNOTAVAIL"],
    ] as const) {
      const error = await errorOf(sockets.udp(address, 0, new TestHandler()));
      expect(error).toBeInstanceOf(ListenError);
      expect(error).toMatchObject({ errno, url: expect.stringContaining(address) as string });
    }
  });
});

describeBatches("one socket for every address", () => {
  const everywhere = async (families: "IPv4" | "IPv6" | "both", port: number = 0): Promise<DatagramPort> => {
    const sockets = await Sockets.choose({ io: "batch", sharing: "alone" });
    return closing(await sockets.everywhere(families, port, new TestHandler(), noEvents));
  };

  it("answers from the address that was asked, any of 127.0.0.0/8", async () => {
    const { port } = await everywhere("IPv4");
    for (const address of ["127.0.0.1", "127.0.0.2", "127.9.8.7", "127.255.255.254"]) {
      expect(await answers(port, address)).toEqual({ address, id: 7 });
    }
  });

  it("takes both families, or one of them", async () => {
    const both = await everywhere("both");
    expect(await answers(both.port, "127.7.7.7")).toEqual({ address: "127.7.7.7", id: 7 });
    expect(await answers(both.port, "::1")).toEqual({ address: "::1", id: 7 });
    const six = await everywhere("IPv6");
    expect(await answers(six.port, "::1")).toEqual({ address: "::1", id: 7 });
    // IPv4 is free for somebody else.
    expect((await everywhere("IPv4", six.port)).port).toBe(six.port);
  });

  it("gives way to one socket for each when another program has one of them", async () => {
    const sockets = await Sockets.choose({ io: "dgram", sharing: "alone" });
    const { port } = closing(await sockets.udp("127.0.0.53", 0, new TestHandler()));
    expect((await everywhere("IPv4", port)).port).toBe(port);
    expect(await answers(port, "127.0.0.1")).toEqual({ address: "127.0.0.1", id: 7 });
    expect(await answers(port, "127.0.0.5")).toEqual({ address: "127.0.0.5", id: 7 });
  });

  it("is not there when all of its addresses are taken", async () => {
    const { port } = await everywhere("both");
    expect(await errorOf(everywhere("IPv4", port))).toMatchObject({ errno: "EADDRINUSE" });
    expect(await errorOf(everywhere("IPv6", port))).toMatchObject({ errno: "EADDRINUSE" });
  });
});

describeWays("a thread that dies", (io: Io) => {
  it("leaves no socket behind that would take queries", async () => {
    const program = `
      const { Listeners } = await import(${JSON.stringify(new URL("../../dist/listen/listeners.js", import.meta.url).href)});
      const { parentPort } = await import("node:worker_threads");
      const on = (transport) => ({ transport, address: "127.0.0.1", port: 0 });
      const handler = { handle: () => false };
      const events = { onAddress() {}, onProblem() {} };
      const how = { io: ${JSON.stringify(io)}, sharing: "alone" };
      const listeners = await Listeners.open([on("udp"), on("tcp")], handler, events, how);
      parentPort.postMessage(listeners.urls);`;
    const worker = new Worker(`(async () => {${program}})()`, { eval: true });
    const [urls] = (await once(worker, "message")) as [string[]];
    const port = Number(/\d+$/.exec(urls[0]!)![0]);
    const sockets = await Sockets.choose({ io, sharing: "alone" });
    const taken = await errorOf(sockets.udp("127.0.0.1", port, new TestHandler()));
    expect(taken).toMatchObject({ errno: "EADDRINUSE" });
    await worker.terminate();
    const door = closing(await sockets.udp("127.0.0.1", port, new TestHandler()));
    expect(await answers(door.port, "127.0.0.1")).toEqual({ address: "127.0.0.1", id: 7 });
    const tcp = connect(port, "127.0.0.1");
    const [error] = (await once(tcp, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });
});
