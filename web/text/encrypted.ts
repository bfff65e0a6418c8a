import type { UpstreamDetail } from "../../src/control/status.ts";

/** How many answers came from outside, and how many of them over TLS. What is answered from memory never left. */
export function encryptedAnswers(upstreams: readonly Pick<UpstreamDetail, "answers" | "protocol">[]): {
  readonly encrypted: number;
  readonly all: number;
} {
  let encrypted = 0;
  let all = 0;
  for (const { answers, protocol } of upstreams) {
    all += answers;
    if (protocol === "tls" || protocol === "https") encrypted += answers;
  }
  return { encrypted, all };
}
