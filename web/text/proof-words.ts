import type { UpstreamDetail } from "../../src/control/status.ts";
import type { Tone } from "./tones.ts";

/** How a server proved who it is, in words, and how good that is. */
export function proofWords({
  protocol,
  authenticated,
  name,
  address,
}: Pick<UpstreamDetail, "protocol" | "authenticated" | "name" | "address">): {
  readonly text: string;
  readonly tone: Tone;
} {
  if (protocol === "udp" || protocol === "tcp") return { text: "in the clear", tone: "bad" };
  switch (authenticated) {
    case "name":
      return { text: `certificate for ${name ?? address}`, tone: "good" };
    case "pin":
      return { text: "pinned key", tone: "good" };
    case "none":
      return { text: "not authenticated: anybody may have answered", tone: "bad" };
    case null:
      return { text: "not connected yet", tone: "quiet" };
  }
}
