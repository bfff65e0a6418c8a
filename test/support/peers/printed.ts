import { expect } from "vitest";
import type { Server } from "./dotls.ts";
import type { Question } from "./questions.ts";
import { parseReplies, type PrintedReply } from "./reply-text.ts";
import { runClient } from "./run-client.ts";

/** Asks a server all questions with one run of dig, or of kdig, which takes the same words; a reply for each. */
export async function askPrinted(
  program: "dig" | "kdig",
  { address, port }: Server,
  questions: readonly Question[],
  options: readonly string[],
): Promise<PrintedReply[]> {
  const list = questions.flatMap(({ name, type }) => [name, type]);
  const replies = parseReplies(
    await runClient(program, [`@${address}`, "-p", String(port), ...options, ...list]),
  );
  expect(replies).toHaveLength(questions.length);
  return replies;
}
