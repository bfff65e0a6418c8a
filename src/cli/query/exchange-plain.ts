import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { FrameReader } from "../../dns/frames.ts";
import { writeU16 } from "../../dns/header.ts";
import type { ExchangeRequest, ExchangeResult } from "./exchange.ts";
import { ExchangeError, exchangeError } from "./exchange.ts";

/**
 * Sends the query over UDP and waits for a reply that is accepted. The socket is connected: the kernel drops what does
 * not come from the server's address and port, and tells when nobody listens there. Rejects with ExchangeError.
 */
export function exchangeUdp(request: ExchangeRequest): Promise<ExchangeResult> {
  const { server, query, timeout, source, accept } = request;
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    let sentAt = 0;
    const timer = setTimeout(() => end(() => reject(new ExchangeError("timed out", false))), timeout);
    function end(settle: () => void): void {
      clearTimeout(timer);
      socket.removeAllListeners();
      // A send that fails after the end is nobody's business, but without a listener it would end the process.
      socket.on("error", () => {});
      socket.close();
      settle();
    }
    socket.on("error", (error) => end(() => reject(exchangeError(error, false))));
    socket.on("message", (message) => {
      const receivedAt = performance.now();
      if (!accept(message)) return;
      const timing = { connect: null, tls: null, query: receivedAt - sentAt };
      end(() => resolve({ reply: message, transport: "UDP", timing, tls: null }));
    });
    socket.on("connect", () => {
      sentAt = performance.now();
      socket.send(query);
    });
    if (source === null) socket.connect(server.port, server.address);
    else socket.bind(source.port, source.address, () => socket.connect(server.port, server.address));
  });
}

/** Sends the query over a TCP connection of its own and waits for a reply that is accepted. Rejects with ExchangeError. */
export function exchangeTcp(request: ExchangeRequest): Promise<ExchangeResult> {
  const { server, query, timeout, source, accept } = request;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let sentAt = 0;
    const from = source === null ? {} : { localAddress: source.address, localPort: source.port };
    const socket = connect({ host: server.address, port: server.port, ...from });
    const timer = setTimeout(() => fail(new ExchangeError("timed out", sentAt === 0)), timeout);
    function fail(error: ExchangeError): void {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    }
    const frames = new FrameReader({
      onFrame(bytes, start, end) {
        const receivedAt = performance.now();
        const reply = bytes.slice(start, end);
        if (!accept(reply)) return true;
        clearTimeout(timer);
        socket.destroy();
        const timing = { connect: sentAt - startedAt, tls: null, query: receivedAt - sentAt };
        resolve({ reply, transport: "TCP", timing, tls: null });
        return false;
      },
    });
    socket.on("connect", () => {
      sentAt = performance.now();
      socket.write(framed(query));
    });
    socket.on("data", (chunk: Buffer) => frames.push(chunk, chunk.length));
    socket.on("error", (error) => fail(exchangeError(error, sentAt === 0)));
    socket.on("end", () => fail(new ExchangeError("end of file", false)));
  });
}

/** A message behind its length, as streams carry it (RFC 1035 section 4.2.2). */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length);
  writeU16(frame, 0, message.length);
  frame.set(message, 2);
  return frame;
}
