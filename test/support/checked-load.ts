/**
 * Mixed load on a forwarder, with an upstream whose answers follow from the question: every answer is checked for its content and
 * its TTL. For tests, and for the long run of the benchmark.
 */
import dgram from "node:dgram";
import { type DecodedMessage, decodeMessage } from "../../src/dns/message.ts";
import { checkedAnswer } from "./checked-load/answer.ts";
import { checkedName, type CheckedQuestion, KINDS, typeOf } from "./checked-load/question.ts";
import { judge } from "./checked-load/verdict.ts";
import { ScriptedUpstream, type StartOptions } from "./scripted-upstream.ts";

/** What became of the questions. */
export interface CheckedResult {
  asked: number;
  answered: number;
  /** Of those answered: from memory, and from memory over their time. */
  kept: number;
  stale: number;
  /** No answer came. */
  lost: number;
  wrong: number;
  /** The first wrong answers, in words. */
  readonly faults: string[];
}

/** How long an answer is waited for, in milliseconds: longer than a forwarder may take. */
const PATIENCE = 10_000;
/** Questions that are asked again and again, and how long their answers live, in seconds. */
const POPULAR = 2000;
const TTLS = [1, 2, 3, 5, 8, 13, 30, 300] as const;
const MOST_FAULTS = 20;
/** Datagrams on their way in one direction: what the buffers of the kernel surely hold. */
const IN_FLIGHT = 100;

/** Milliseconds since this module was loaded, which fit into 32 bits: the clock of upstream and client. */
function now(): number {
  return Math.floor(performance.now());
}

/** An upstream that gives checked answers, and closes its connection now and then. */
export async function startCheckedUpstream(options: StartOptions = {}): Promise<ScriptedUpstream> {
  return ScriptedUpstream.start({
    closeAfter: 20_000,
    answer: (query) => checkedAnswer(query, now()),
    ...options,
  });
}

interface Waiting {
  readonly question: CheckedQuestion;
  readonly sentAt: number;
}

/** Asks a UDP port of 127.0.0.1 for so many seconds, and waits for the last answers. */
export async function checkedLoad(port: number, seconds: number): Promise<CheckedResult> {
  const socket = dgram.createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.connect(port, "127.0.0.1", resolve);
  });
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const load = new Load(socket);
  const result = await load.run(seconds);
  socket.close();
  return result;
}

class Load {
  readonly #socket: dgram.Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #result: CheckedResult = {
    asked: 0,
    answered: 0,
    kept: 0,
    stale: 0,
    lost: 0,
    wrong: 0,
    faults: [],
  };
  readonly #questions: readonly CheckedQuestion[];
  #end = 0;

  constructor(socket: dgram.Socket) {
    this.#socket = socket;
    this.#questions = Array.from({ length: POPULAR }, (_, serial) => newQuestion(serial));
    socket.on("message", (bytes) => this.#receive(bytes));
    // The port is closed: what was asked is lost, which is found out in its time.
    socket.on("error", () => {});
  }

  async run(seconds: number): Promise<CheckedResult> {
    this.#end = now() + seconds * 1000;
    this.#fill();
    for (const last = this.#end + PATIENCE; now() < this.#end || (this.#waiting.size > 0 && now() < last);) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      this.#giveUp();
      this.#fill();
    }
    this.#result.lost += this.#waiting.size;
    return this.#result;
  }

  /** Asks until so many questions are out. Ids go round, so that a late answer meets no other question for long. */
  #fill(): void {
    const sentAt = now();
    if (sentAt >= this.#end) return;
    while (this.#waiting.size < IN_FLIGHT) {
      const id = this.#result.asked & 0xffff;
      const question = this.#next();
      this.#waiting.set(id, { question, sentAt });
      this.#result.asked += 1;
      this.#socket.send(queryFor(question, id));
    }
  }

  /** Nine of ten questions are popular ones, in whatever case; one of ten was never asked. */
  #next(): CheckedQuestion {
    if (Math.random() < 0.1) return newQuestion(POPULAR + this.#result.asked);
    // The square makes the first ones the most popular.
    const question = this.#questions[Math.floor(Math.random() ** 2 * POPULAR)]!;
    return Math.random() < 0.5 ? question : { ...question, name: otherCase(question.name) };
  }

  #receive(bytes: Uint8Array): void {
    const result = this.#result;
    let reply: DecodedMessage;
    try {
      reply = decodeMessage(bytes);
    } catch (error) {
      this.#wrong(`undecodable (${String(error)})`, bytes);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) {
      this.#wrong("nobody waits for it", bytes);
      return;
    }
    this.#waiting.delete(reply.id);
    result.answered += 1;
    const { fault, kept, stale } = judge(waiting.question, reply, waiting.sentAt, now());
    if (fault !== null) this.#wrong(`${JSON.stringify(waiting.question)}: ${fault}`, bytes);
    if (kept) result.kept += 1;
    if (stale) result.stale += 1;
    this.#fill();
  }

  #wrong(fault: string, bytes: Uint8Array): void {
    this.#result.wrong += 1;
    if (this.#result.faults.length >= MOST_FAULTS) return;
    this.#result.faults.push(`${fault}: ${Buffer.from(bytes).toString("hex")}`);
  }

  #giveUp(): void {
    for (const [id, { sentAt }] of this.#waiting) {
      // In the order of asking.
      if (now() - sentAt < PATIENCE) return;
      this.#waiting.delete(id);
      this.#result.lost += 1;
    }
  }
}

/** The kind, the TTL and the flags of each serial are its own. */
function newQuestion(serial: number): CheckedQuestion {
  const kind = KINDS[serial % KINDS.length]!;
  const round = Math.floor(serial / KINDS.length);
  const ttl = TTLS[round % TTLS.length]!;
  return {
    name: checkedName(kind, ttl, serial),
    type: typeOf[kind],
    dnssecOk: round % 5 === 0,
    checkingDisabled: round % 7 === 0,
  };
}

function otherCase(name: string): string {
  return name.replaceAll(/[a-z]/g, (letter) => (Math.random() < 0.5 ? letter : letter.toUpperCase()));
}

/** In wire form, with OPT. */
function queryFor({ name, type, dnssecOk, checkingDisabled }: CheckedQuestion, id: number): Buffer {
  const labels = name.split(".").map((label) => `${String.fromCharCode(label.length)}${label}`);
  const flags = checkingDisabled ? 0x10 : 0;
  return Buffer.concat([
    Buffer.of(id >>> 8, id & 255, 1, flags, 0, 1, 0, 0, 0, 0, 0, 1),
    Buffer.from(labels.join(""), "latin1"),
    Buffer.of(0, type >>> 8, type & 255, 0, 1, 0, 0, 41, 4, 0xd0, 0, 0, dnssecOk ? 0x80 : 0, 0, 0, 0),
  ]);
}
