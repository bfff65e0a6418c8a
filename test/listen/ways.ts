import { describe } from "vitest";
import { type Libc, loadLibc } from "../../src/listen/batch/libc.ts";

const loaded = await loadLibc();

/** The C library, for tests that run where there is one; null where batches are not possible. */
export const libc: Libc | null = typeof loaded === "string" ? null : loaded;

/** Why there are no batches here, for the name of a test that is skipped; or nothing. */
const why = typeof loaded === "string" ? ` (skipped: ${loaded})` : "";

/** A describe block for each way in which datagrams can be received and sent. */
export function describeWays(title: string, body: (io: "dgram" | "batch") => void): void {
  describe(`${title}, one by one`, () => body("dgram"));
  describe.skipIf(libc === null)(`${title}, in batches${why}`, () => body("batch"));
}

/** A describe block for what only batches have. */
export function describeBatches(title: string, body: (libc: Libc) => void): void {
  describe.skipIf(libc === null)(`${title}${why}`, () => {
    if (libc !== null) body(libc);
  });
}
