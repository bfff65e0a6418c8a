export type Tone = "good" | "warn" | "bad" | "quiet";

/** How worrying a response code is. */
export function toneOf(rcode: string | null): Tone {
  if (rcode === "NOERROR") return "good";
  // An answer as any other.
  return rcode === "NXDOMAIN" ? "quiet" : "bad";
}
