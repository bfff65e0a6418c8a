import { describe, expect, it } from "vitest";
import { parseWhen } from "../../src/cli/when.ts";

const now = Date.UTC(2026, 10, 21, 14, 0, 0);

describe("parseWhen", () => {
  it.each([
    ["10m", "2026-11-21T13:50:00.000Z"],
    ["2d", "2026-11-19T14:00:00.000Z"],
    ["0s", "2026-11-21T14:00:00.000Z"],
    ["2026-11-21T13:00:00Z", "2026-11-21T13:00:00.000Z"],
    ["2026-11-21T13:00:00.5+02:00", "2026-11-21T11:00:00.500Z"],
    ["2026-11-21", "2026-11-21T00:00:00.000Z"],
    ["2026-11-21T13:00", new Date(2026, 10, 21, 13, 0).toISOString()],
  ])("%s is %s", (text, iso) => {
    expect(parseWhen("--since", text, now)).toBe(iso);
  });

  it("says which option is wrong and what to write", () => {
    expect(() => parseWhen("--until", "later", now)).toThrow(
      expect.objectContaining({
        code: "ERR_DOTLS_USAGE",
        message: expect.stringMatching(/^--until: "later" .* 10m/),
      }),
    );
    expect(() => parseWhen("--since", "10x", now)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_DURATION" }),
    );
  });
});
