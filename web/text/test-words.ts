import type { UpstreamTest } from "../../src/control/explanation.ts";
import { milliseconds } from "./numbers.ts";
import type { Tone } from "./tones.ts";

/** How a test of an upstream ended, in a word. An answer that is none shows that the server lives, and no more. */
export function testOutcome({ ok, rcode }: UpstreamTest): { readonly tone: Tone; readonly text: string } {
  if (!ok) return { tone: "bad", text: "✗ fails" };
  if (rcode === "NOERROR" || rcode === "NXDOMAIN") return { tone: "good", text: "✓ works" };
  return { tone: "warn", text: "! lives" };
}

/** What came of a test of an upstream, in one line. */
export function testWords(test: UpstreamTest): string {
  const { address, question, connectMs, handshakeMs, queryMs, resumed, tlsVersion, rcode, error } = test;
  const parts = [
    connectMs !== null && `connect ${milliseconds(connectMs)}`,
    handshakeMs !== null &&
      `${tlsVersion ?? "TLS"} ${milliseconds(handshakeMs)}${resumed === true ? ", resumed" : ""}`,
    queryMs !== null &&
      `answer ${milliseconds(queryMs)}${rcode === null || rcode === "NOERROR" ? "" : ` (${rcode} to ${question})`}`,
    error,
  ].filter((part) => typeof part === "string");
  return `${address}: ${parts.join(" · ")}`;
}
