import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { FrameReader } from "../dns/frames.ts";
import { Flag, writeU16 } from "../dns/header.ts";
import { type Message, type Question, decodeMessage, encodeMessage } from "../dns/message.ts";
import { equalNames } from "../dns/name.ts";
import { RrClass } from "../dns/rrclass.ts";
import { PresentationError, WireError } from "../dns/text-errors.ts";
import { type Failure, failureOf } from "./failure.ts";
import { randomId } from "./random-ids.ts";

/** A resolver that is asked in the clear. */
export interface PlainServer {
  /** An IP address without brackets, a scope id kept. */
  readonly address: string;
  readonly port: number;
}

/** What is asked of it, in class IN. */
export interface PlainQuestion {
  /** In wire form. */
  readonly name: Uint8Array;
  readonly type: number;
}

/** How long after each sending of a query over UDP the next step comes, in ms: once more, and in the end giving up. */
const WAITS: readonly number[] = [500, 1000, 1500];

/** How long an answer over TCP may take, connecting included, in ms. */
const TCP_TIMEOUT = 2000;

const NO_ANSWER: Failure = { kind: "timeout", text: "no answer over UDP" };
const NO_TCP_ANSWER: Failure = { kind: "timeout", text: "no answer over TCP" };
const GIVEN_UP: Failure = { kind: "closed", text: "given up" };
const CLOSED: Failure = { kind: "closed", text: "closed by the server" };

/** A full queue of the system: the datagram is lost, as any may be, and is sent again. */
const lost: ReadonlySet<string> = new Set(["EAGAIN", "ENOBUFS", "ENOMEM"]);

/**
 * Asks a plain resolver one question, over UDP, and over TCP when the answer is truncated (RFC 7766 section 5). Gives the
 * answer, whatever its code, or why there is none; never rejects. Each question has a random id and a port of its own that
 * the system chooses, and only what comes from the server to that port with id and question is its answer (RFC 5452
 * section 9.2). `signal` gives it up.
 */
export async function askPlain(
  server: PlainServer,
  question: PlainQuestion,
  signal: AbortSignal,
): Promise<Message | Failure> {
  if (signal.aborted) return GIVEN_UP;
  const answer = await overUdp(server, question, signal);
  if ("kind" in answer || (answer.flags & Flag.TC) === 0 || signal.aborted) return answer;
  return overTcp(server, question, signal);
}

function overUdp(
  server: PlainServer,
  question: PlainQuestion,
  signal: AbortSignal,
): Promise<Message | Failure> {
  return new Promise((resolve) => {
    const id = randomId();
    const query = queryOf(question, id);
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    let sent = 0;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (result: Message | Failure): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      socket.close();
      resolve(result);
    };
    const giveUp = (): void => end(GIVEN_UP);
    const send = (): void => {
      if (over) return;
      const wait = WAITS[sent];
      if (wait === undefined) {
        end(NO_ANSWER);
        return;
      }
      sent++;
      timer = setTimeout(send, wait);
      socket.send(query, (error: (Error & { code?: string }) | null) => {
        if (error !== null && !lost.has(error.code ?? "")) fail(error);
      });
    };
    const fail = (error: Error): void => {
      const failure = failureOf(error, false, Date.now());
      end(failure.kind === "refused" ? { kind: "refused", text: "nobody listens on the UDP port" } : failure);
    };
    signal.addEventListener("abort", giveUp);
    socket.on("error", fail);
    socket.on("message", (bytes) => {
      const answer = answerTo(question, id, bytes);
      if (answer !== null) end(answer);
    });
    // Connected, so that the system keeps away what others send, and tells when nobody listens there.
    socket.once("connect", send);
    socket.connect(server.port, server.address);
  });
}

function overTcp(
  server: PlainServer,
  question: PlainQuestion,
  signal: AbortSignal,
): Promise<Message | Failure> {
  return new Promise((resolve) => {
    const id = randomId();
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    const end = (result: Message | Failure): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(result);
    };
    const giveUp = (): void => end(GIVEN_UP);
    const timer = setTimeout(() => end(NO_TCP_ANSWER), TCP_TIMEOUT);
    const frames = new FrameReader({
      onFrame: (bytes, start, stop) => {
        const answer = answerTo(question, id, bytes.slice(start, stop));
        if (answer !== null) end(answer);
        return answer === null;
      },
    });
    signal.addEventListener("abort", giveUp);
    socket.on("data", (chunk: Buffer) => void frames.push(chunk, chunk.length));
    socket.on("error", (error) => end(failureOf(error, false, Date.now())));
    socket.on("close", () => end(CLOSED));
    const query = queryOf(question, id);
    const framed = new Uint8Array(2 + query.length);
    writeU16(framed, 0, query.length);
    framed.set(query, 2);
    socket.write(framed);
  });
}

/** No EDNS: what is asked here is small, and there are resolvers in homes that stumble over it. */
function queryOf({ name, type }: PlainQuestion, id: number): Uint8Array {
  return encodeMessage({
    id,
    flags: Flag.RD,
    questions: [{ name, type, class: RrClass.IN }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
  });
}

/** The message when it is the answer to this question, else null: a late one, a forged one, garbage. */
function answerTo(asked: PlainQuestion, id: number, bytes: Uint8Array): Message | null {
  let message: Message;
  try {
    message = decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError || error instanceof PresentationError) return null;
    throw error;
  }
  const isAnswer = message.id === id && (message.flags & (Flag.QR | Flag.OPCODE)) === Flag.QR;
  if (!isAnswer || message.questions.length > 1) return null;
  const [question] = message.questions;
  // Only an error may come without the question.
  if (question === undefined) return (message.flags & Flag.RCODE) === 0 ? null : message;
  return matches(question, asked) ? message : null;
}

function matches(question: Question, { name, type }: PlainQuestion): boolean {
  return question.type === type && question.class === RrClass.IN && equalNames(question.name, name);
}
