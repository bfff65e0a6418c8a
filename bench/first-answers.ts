import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decodeMessage } from "../src/dns/message.ts";
import { encodeQuery } from "../test/support/peers/ask.ts";

/** How often it is asked, in milliseconds: as exact is what it finds. */
const EVERY = 2;
/** Nobody needs so long, in milliseconds. */
const PATIENCE = 60_000;

interface FirstAnswer {
  /** Milliseconds since the call. */
  readonly after: number;
  readonly ttl: number;
}

/**
 * Asks a UDP port of 127.0.0.1, which need not be open yet, for A records of some names again and again, until there is an
 * answer to the last of them. Gives the first answers, undefined for a name that had none until then. Rejects after a minute.
 */
export async function firstAnswers(
  port: number,
  names: readonly string[],
): Promise<readonly (FirstAnswer | undefined)[]> {
  // Until the port is open, ICMP says that it is closed, which a socket that is not connected does not hear.
  const socket = createSocket("udp4");
  const start = performance.now();
  await once(socket.bind(0, "127.0.0.1"), "listening");
  const queries = names.map((name, index) => encodeQuery(name, "A", index));
  const answers = names.map((): FirstAnswer | undefined => undefined);
  try {
    return await new Promise((resolve, reject) => {
      const ask = setInterval(() => {
        for (const query of queries) socket.send(query, port, "127.0.0.1");
        if (performance.now() - start < PATIENCE) return;
        clearInterval(ask);
        reject(new Error(`no answer to ${names.at(-1)} within a minute`));
      }, EVERY);
      socket.on("message", (bytes) => {
        const after = performance.now() - start;
        const { id, answers: records } = decodeMessage(bytes);
        if (records[0] !== undefined) answers[id] ??= { after, ttl: records[0].ttl };
        if (answers.at(-1) === undefined) return;
        clearInterval(ask);
        resolve(answers);
      });
    });
  } finally {
    socket.close();
  }
}
