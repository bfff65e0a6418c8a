import type { TLSSocket } from "node:tls";
import { FrameReader } from "../../dns/frames.ts";
import type { Target } from "../../upstream/dial.ts";
import { dial } from "../../upstream/dial.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import type { ExchangeRequest, ExchangeResult, TlsFacts } from "./exchange.ts";
import { ExchangeError } from "./exchange.ts";
import { framed } from "./exchange-plain.ts";

/**
 * Sends the query over TLS to an authenticated server and waits for a reply that is accepted: the daemon's own dial, so
 * that what the one accepts and refuses, the other does too. Rejects with ExchangeError; when the server is not who it
 * must be, nothing was sent.
 */
export function exchangeTls(
  request: ExchangeRequest,
  target: Target,
  tickets: TicketStore,
): Promise<ExchangeResult> {
  const { query, timeout, accept } = request;
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let opened: { connect: number; tls: number; facts: TlsFacts } | null = null;
    const frames = new FrameReader({
      onFrame(bytes, start, end) {
        const receivedAt = performance.now();
        const reply = Uint8Array.from(bytes.subarray(start, end));
        if (opened === null || !accept(reply)) return true;
        stop();
        const timing = { connect: opened.connect, tls: opened.tls, query: receivedAt - sentAt };
        resolve({ reply, transport: "TLS", timing, tls: opened.facts });
        return false;
      },
    });
    const timer = setTimeout(() => fail("timed out"), timeout);
    const cancel = dial(target, tickets, {
      onOpen({ socket, connectMs, handshakeMs, resumed }) {
        opened = { connect: connectMs, tls: handshakeMs, facts: factsOf(socket, target, resumed) };
        socket.once("end", () => fail("end of file"));
        socket.once("close", () => fail("end of file"));
        sentAt = performance.now();
        socket.write(framed(query));
      },
      onFailure: ({ text }) => fail(text),
      onBytes: (bytes, length) => frames.push(bytes, length),
    });
    function stop(): void {
      clearTimeout(timer);
      cancel(true);
    }
    function fail(reason: string): void {
      stop();
      reject(new ExchangeError(reason, opened === null));
    }
  });
}

/** What the connection of a server is that has just been authenticated. */
export function factsOf(socket: TLSSocket, target: Target, resumed: boolean): TlsFacts {
  const key = socket.getEphemeralKeyInfo();
  return {
    version: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    group: key !== null && "name" in key ? (key.name ?? null) : null,
    resumed,
    alpn: socket.alpnProtocol === false ? null : socket.alpnProtocol,
    authenticated: target.name ?? target.address,
  };
}
