import type { UpstreamDetail } from "../../src/control/status.ts";
import type { Tone } from "./tones.ts";

interface ProofWords {
  readonly text: string;
  readonly tone: Tone;
}

const WORDS: Readonly<Record<"pin" | "none", ProofWords>> = {
  pin: { text: "pinned key", tone: "good" },
  none: { text: "not authenticated: anybody may have answered", tone: "bad" },
};

/** How a server proved who it is, in words, and how good that is. */
export function proofWords({
  protocol,
  authenticated,
  name,
  address,
}: Pick<UpstreamDetail, "protocol" | "authenticated" | "name" | "address">): ProofWords {
  if (protocol === "udp" || protocol === "tcp")
    return { text: "nothing, it is asked in the clear", tone: "bad" };
  if (authenticated === null) return { text: "not connected yet", tone: "quiet" };
  if (authenticated === "name") return { text: `certificate for ${name ?? address}`, tone: "good" };
  return WORDS[authenticated];
}
