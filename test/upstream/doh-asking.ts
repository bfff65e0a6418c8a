import * as dnsPacket from "dns-packet";
import { expect } from "vitest";
import type { Target } from "../../src/upstream/dial.ts";
import type { DohLink } from "../../src/upstream/doh-link.ts";
import type { DohOptions } from "../../src/upstream/doh-request.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { type AskedQuestion, type Watched, dohLink, outcome, watch } from "./asking.ts";
import { type Reachable, targetOf } from "./dialing.ts";

export const post: DohOptions = { path: "/dns-query", method: "POST" };
export const get: DohOptions = { path: "/dns-query", method: "GET" };

/** A link to the server, whose name, pins and so on can be told wrong. */
export function linkTo(
  server: Reachable,
  options: DohOptions = post,
  change: Partial<Target> = {},
  tickets: TicketStore = new TicketStore(),
): Watched<DohLink> {
  return watch((owner) => dohLink(targetOf(server, change), options, tickets, owner));
}

/** The data of the first answer. */
export function addressIn(message: Buffer | null): unknown {
  const [answer] = message === null ? [] : (dnsPacket.decode(message).answers ?? []);
  return (answer as { data?: unknown } | undefined)?.data;
}

export async function outcomes(questions: readonly AskedQuestion[]): Promise<string[]> {
  return Promise.all(questions.map(async (question) => outcome(await question.ended)));
}

/** `n0.test` and so on. */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `n${at}.test`);
}

/** Waits until the link is open and the server's settings are known. */
export async function opened(watched: Watched<DohLink>): Promise<void> {
  expect(outcome(await watched.ask("first.test").ended)).toBe("answer");
}
