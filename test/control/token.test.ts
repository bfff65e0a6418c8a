import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isTokenHash } from "../../src/config/control-token.ts";
import { TokenCheck, hashToken, makeToken } from "../../src/control/token.ts";
import { tokenFor } from "../../src/control/token-source.ts";

const everywhere = { address: "0.0.0.0", port: 0 };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "dotls-token-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe("a token", () => {
  it("is another one each time, and its hash is another one each time", async () => {
    expect(makeToken()).toMatch(/^dotls_[A-Za-z0-9_-]{43}$/);
    expect(makeToken()).not.toBe(makeToken());
    const [one, two] = await Promise.all([hashToken("t"), hashToken("t")]);
    expect(one).not.toBe(two);
    expect([isTokenHash(one), isTokenHash(two)]).toEqual([true, true]);
  });

  it("is known by its hash, the first time and later; another one never is", async () => {
    const token = makeToken();
    const check = new TokenCheck(await hashToken(token));
    expect(await check.look(`${token}x`)).toBe("wrong");
    expect(await check.look(token)).toBe("right");
    expect(await check.look(token)).toBe("right");
    expect(await check.look(token.slice(1))).toBe("wrong");
    expect(await check.look("")).toBe("wrong");
    expect(await check.look("x".repeat(10_000))).toBe("wrong");
  });

  it("is looked at one at a time, and one that is known needs no look", async () => {
    const token = makeToken();
    const check = new TokenCheck(await hashToken(token));
    expect(await Promise.all([check.look(token), check.look("guess")])).toEqual(["right", "busy"]);
    expect(await Promise.all([check.look("guess"), check.look(token)])).toEqual(["wrong", "right"]);
  });
});

describe("where the hash comes from", () => {
  it("a loopback address needs none", async () => {
    for (const address of ["127.0.0.1", "127.8.9.1", "::1"]) {
      expect(await tokenFor({ address, port: 0 }, "auto", null)).toEqual({ hash: null, fresh: null });
    }
  });

  it("elsewhere it is made once, and only the hash is kept, for its owner alone", async () => {
    const state = join(folder(), "new");
    const first = await tokenFor(everywhere, "auto", state);
    expect(await new TokenCheck(first.hash!).look(first.fresh!)).toBe("right");
    expect(await tokenFor(everywhere, "auto", state)).toEqual({ hash: first.hash, fresh: null });
    const file = join(state, "control-token");
    expect(readFileSync(file, "utf8")).toBe(`${first.hash}\n`);
    expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  });

  it("where nothing can be kept there is no open door, but advice", async () => {
    await expect(tokenFor(everywhere, "auto", null)).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_TOKEN",
      message: expect.stringContaining("dotls token"),
    });
    await expect(tokenFor(everywhere, "auto", "/dev/null/state")).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_TOKEN",
    });
  });

  it("a file that holds no hash opens no door, and is not shown", async () => {
    const file = join(folder(), "hash");
    writeFileSync(file, "hunter2\n");
    await expect(tokenFor(everywhere, { file }, null)).rejects.toThrow(/^(?!.*hunter2).*holds neither/);
    await expect(tokenFor(everywhere, { file: `${file}x` }, null)).rejects.toThrow(/there is no file/);
    const hash = await hashToken("t");
    writeFileSync(file, `${hash}\n`);
    expect(await tokenFor({ address: "::1", port: 0 }, { file }, null)).toEqual({ hash, fresh: null });
    // As a Secret of Kubernetes has it, for who asks as well as for who is asked.
    writeFileSync(file, "aVeryLongTokenOfSomebody");
    const { hash: own } = await tokenFor(everywhere, { file }, null);
    expect(await new TokenCheck(own!).look("aVeryLongTokenOfSomebody")).toBe("right");
  });
});
