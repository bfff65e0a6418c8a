import { describe, expect, it } from "vitest";
import { formatControlHttp, parseControlHttp } from "../../src/config/control-http.ts";
import { isTokenHash, parseControlToken } from "../../src/config/control-token.ts";

const SALT = "AAAAAAAAAAAAAAAAAAAAAA";
const KEY = "B".repeat(43);

describe("control.http", () => {
  it.each([
    ["127.0.0.1:8053", "127.0.0.1:8053"],
    ["http://127.0.0.1:8053/", "127.0.0.1:8053"],
    ["[::1]:0", "[::1]:0"],
    ["::1@80", "[::1]:80"],
    ["http://[::]:8053", "[::]:8053"],
    ["none", "none"],
  ])("%s", (text, written) => {
    expect(formatControlHttp(parseControlHttp(text))).toBe(written);
    expect(parseControlHttp(written)).toEqual(parseControlHttp(text));
  });

  it.each([
    ["127.0.0.1", "names no port"],
    ["::1", "names no port"],
    ["https://127.0.0.1:8053", "speaks http:// alone"],
    ["localhost:80", "localhost is a name"],
    [":8053", "names no address"],
    ["127.0.0.1:80800", "is not a port"],
    ["", "is not an address and a port|names no"],
  ])("refuses %j", (text, message) => {
    expect(() => parseControlHttp(text)).toThrow(new RegExp(message));
  });
});

describe("control.token", () => {
  it.each([
    ["auto", "auto"],
    [`scrypt:16384:8:1:${SALT}:${KEY}`, { hash: `scrypt:16384:8:1:${SALT}:${KEY}` }],
    ["/etc/dotls/token.hash", { file: "/etc/dotls/token.hash" }],
    ["token.hash", { file: "token.hash" }],
  ])("%s", (text, token) => {
    expect(parseControlToken(text)).toEqual(token);
  });

  it("keeps the hash of a token that is written out, always the same", () => {
    const token = "dotls_hRk0YjZ2bTqFq3l4v6yXn1w8sD5uE7oP9aBcGtIzKjM";
    const read = parseControlToken(token);
    expect(read).toEqual({ hash: expect.stringMatching(/^scrypt:/) });
    expect(JSON.stringify(read)).not.toContain(token);
    expect(parseControlToken(token)).toEqual(read);
    expect(isTokenHash((read as { hash: string }).hash)).toBe(true);
  });

  it.each(["none", "", "scrypt:1", `scrypt:16384:8:1:${SALT}:short`, "geheim"])("refuses %j", (text) => {
    expect(() => parseControlToken(text)).toThrow(RangeError);
  });

  it("does not show a password that was written where a hash belongs", () => {
    expect(() => parseControlToken("hunter2")).toThrow(/^(?!.*hunter2)/);
  });

  it.each(["1000:8:1", "16384:0:1", "16384:8:0", "1048576:8:1", "3000:8:1"])(
    "costs that are none, or cannot be paid, are no hash: %s",
    (costs) => {
      expect(isTokenHash(`scrypt:${costs}:${SALT}:${KEY}`)).toBe(false);
    },
  );
});
