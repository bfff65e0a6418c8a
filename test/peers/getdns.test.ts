import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { largeQuestions, type Question, shapeQuestions } from "../support/peers/questions.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls } from "../support/peers/through.ts";

/**
 * What getdns makes of the replies: its whole tree, but for id, bytes and TTLs, for OPT, which each hop has its own of,
 * and for AA and RA, which a forwarder sets itself.
 */
function essence(key: string, value: unknown): unknown {
  if (
    key === "id" ||
    key === "arcount" ||
    key === "aa" ||
    key === "ra" ||
    key === "rdata_raw" ||
    key === "ttl"
  )
    return undefined;
  if (key === "additional") return (value as { type: number }[]).filter(({ type }) => type !== 41);
  return value;
}

/**
 * It writes names into its JSON as they are in zone files, with backslashes that JSON does not know, and bytes that happen to
 * look like text as they are, control characters among them.
 */
function repaired(json: string): string {
  return json
    .replaceAll(/\\(?!")/g, "\\\\")
    .replaceAll(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function getdns(
  { address, port }: Server,
  questions: readonly Question[],
  options: readonly string[],
): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
  try {
    const list = join(folder, "questions");
    writeFileSync(list, questions.map(({ name, type }) => `${name} ${type}\n`).join(""));
    const text = await runClient("getdns_query", ["-s", "-j", ...options, `@${address}:${port}`, "-F", list]);
    const trees = text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => (JSON.parse(repaired(line), essence) as { replies_tree: unknown }).replies_tree);
    expect(trees).toHaveLength(questions.length);
    return trees;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// It takes a type whose name it does not know for another name to ask for.
const unknown = new Set(["HTTPS", "TYPE65280"]);
const questions = [...shapeQuestions, ...largeQuestions].filter(({ type }) => !unknown.has(type));

describeThroughDotls(["getdns_query"], (path) => {
  // UDP with TCP when the answer is cut; TCP, a connection for each; one TCP connection for all.
  for (const transport of ["-u", "-T", "-O"]) {
    test.each(["-d", "-D"])(`small and large answers, getdns_query ${transport} %s`, async (dnssec) => {
      const { direct, through } = path();
      const reference = await getdns(direct, questions, ["-T", dnssec]);
      expect(await getdns(through, questions, [transport, dnssec])).toEqual(reference);
    });
  }
});
