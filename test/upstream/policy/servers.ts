import { Upstream } from "../../../src/upstream/upstream.ts";
import type { Asked } from "../../../src/upstream/policy/policy.ts";
import { makeQuery } from "../../support/dot-client.ts";

/** Servers with these names that are never asked; `times` are their typical ones, ms, -1 for unknown, and may be changed. */
export function servers(names: readonly (string | null)[], times: number[] = []): Upstream[] {
  return names.map((name, at) => {
    const upstream = new Upstream(
      `s${at}`,
      { transport: "tcp", address: `192.0.2.${at}`, port: 853, name, padding: 128, encrypted: true },
      () => {
        throw new Error("a policy asks nobody");
      },
      { onDown: () => {}, onUp: () => {} },
    );
    Object.defineProperty(upstream, "typicalMs", { get: () => times[at] ?? -1 });
    return upstream;
  });
}

/** A question, as a policy sees it. */
export function asked(name: string): Asked {
  const question = makeQuery(name, { options: [] });
  // Behind the question stands an OPT without options.
  return { question, questionEnd: question.length - 11 };
}

/** A bit mask of these numbers. */
export function mask(...numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum | (1 << number), 0);
}
