import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePin } from "../../src/config/pin.ts";

const pin = createHash("sha256").update("a public key").digest("base64");

describe("pins", () => {
  test.each([
    pin,
    `sha256/${pin}`,
    `sha256//${pin}`,
    `pin-sha256="${pin}"`,
    `pin-sha256="${pin}";`,
    ` ${pin} `,
  ])("%s", (text) => {
    expect(parsePin(text)).toBe(pin);
  });

  test.each([
    "",
    "zz",
    pin.slice(1),
    pin.slice(0, -1),
    `${pin}=`,
    `sha1/${pin}`,
    `sha256/${pin.replaceAll(/[A-Z]/g, "-")}`,
    createHash("sha1").update("x").digest("base64"),
    createHash("sha512").update("x").digest("base64"),
    // Bits set that belong to no byte: nobody's encoder writes this.
    `${"A".repeat(42)}B=`,
  ])("%j is refused", (text) => {
    expect(() => parsePin(text)).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM" }));
  });

  test("hexadecimal is told in Base64", () => {
    const hexadecimal = Buffer.from(pin, "base64").toString("hex");
    expect(() => parsePin(hexadecimal)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(pin) }),
    );
  });

  test("every hash is a pin", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString("base64");
        expect(parsePin(`sha256/${base64}`)).toBe(base64);
      }),
    );
  });
});
