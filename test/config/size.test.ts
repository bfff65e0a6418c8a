import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSize, parseSize } from "../../src/config/size.ts";

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["1500", 1500],
    ["4KiB", 4096],
    ["64MiB", 67_108_864],
    ["2GiB", 2_147_483_648],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    ["64MB", "write 64MiB"],
    ["64M", "write 64MiB"],
    ["64mib", "write 64MiB"],
    ["1k", "write 1KiB"],
    ["2GB", "write 2GiB"],
    ["64 MiB", "whole number"],
    ["1.5MiB", "whole number"],
    ["-1", "whole number"],
    ["MiB", "whole number"],
    ["", "whole number"],
    ["1TiB", "whole number"],
  ])("%j is refused with what to write", (text, hint) => {
    expect(() => parseSize(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_SIZE", hint: expect.stringContaining(hint) }),
    );
  });

  test("what is written reads back as the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
    expect(formatSize(3 * 1024 ** 2)).toBe("3MiB");
  });
});
