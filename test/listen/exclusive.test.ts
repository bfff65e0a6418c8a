import { expect, it, onTestFinished } from "vitest";
import { openSocket } from "../../src/listen/batch/socket.ts";
import { Listeners, type ListenOn } from "../../src/listen/listeners.ts";
import { noEvents, TestHandler } from "./handlers.ts";
import { describeBatches } from "./ways.ts";

describeBatches("a port that dotls has for itself", (libc) => {
  /** How another program of the same user fares that would share the port with anybody, as unbound does. */
  function intruder(transport: "udp" | "tcp", port: number): string {
    const options = { transport, address: "127.0.0.1", port, ipv6Only: true, receiveBuffer: 0 } as const;
    try {
      libc.close(openSocket(libc, { ...options, sharing: "join" }).fd);
      return "there";
    } catch (error) {
      return (error as { errno?: string }).errno ?? String(error);
    }
  }

  const both = (address: string, port: number): ListenOn[] => [
    { transport: "udp", address, port },
    { transport: "tcp", address, port },
  ];

  it.each(["batch", "dgram"] as const)(
    "is not shared with another program, before and after its addresses change (io: %s)",
    async (io) => {
      const how = { io, sharing: "later" } as const;
      const listeners = await Listeners.open(both("127.0.0.1", 0), new TestHandler(), noEvents, how);
      onTestFinished(() => listeners.close(0));
      const port = Number(/\d+$/.exec(listeners.urls[0]!)![0]);
      expect([intruder("udp", port), intruder("tcp", port)]).toEqual(["EADDRINUSE", "EADDRINUSE"]);
      if (io === "dgram") return;
      for (const address of ["0.0.0.0", "127.0.0.1"]) {
        const change = await listeners.prepare(both(address, port));
        // Of TCP ports the kernel remembers that they were shared, for as long as anybody has them.
        expect(intruder("udp", port)).toBe("EADDRINUSE");
        await change.commit()(0);
        expect(intruder("udp", port)).toBe("EADDRINUSE");
      }
    },
  );
});
