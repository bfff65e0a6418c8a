import { closeSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forgetHistoryFiles } from "../../src/observe/history-file.ts";
import { namesIn, historySite } from "./history-site.ts";

const site = historySite();

describe("forgetting", () => {
  it("empties the file, removes what was rotated away, and what waits is never written", async () => {
    const { history, lines } = await site.begin({ rotate: 1000 });
    const reader = openSync(site.file, "r");
    for (const name of ["one.", "two.", "three.", "four.", "five."]) {
      site.record(name);
      site.now += 1000;
      await history.flush();
    }
    expect(readdirSync(site.folder).length).toBeGreaterThan(1);
    site.record("waiting.");
    site.ring.forget();
    await history.forget();
    expect(readdirSync(site.folder)).toEqual(["history.ndjson"]);
    expect(statSync(site.file).size).toBe(0);
    closeSync(reader);
    site.record("new.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["new."]);
    expect(history.status()).toMatchObject({ written: 6, lost: 0, error: null });
    expect(lines).toEqual([]);
  });

  it("waits for the write under way, and others wait for it", async () => {
    const { history } = await site.begin();
    for (let i = 0; i < 900; i++) site.record(`n${i}.`);
    const writing = history.flush();
    const forgetting = history.forget();
    const next = history.flush();
    await Promise.all([writing, forgetting, next]);
    site.record("after.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["after."]);
  });

  it("says what could not be removed", async () => {
    const { history } = await site.begin();
    const segment = `${site.file}.2026-11-20T00-00-00.000Z`;
    mkdirSync(segment);
    writeFileSync(join(segment, "x"), "");
    await expect(history.forget()).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringContaining("cannot remove the history"),
    });
    // It goes on all the same.
    site.record("after.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["after."]);
  });

  it("without a server empties and removes as well, and does not mind that there is nothing", async () => {
    writeFileSync(site.file, "x\n");
    writeFileSync(`${site.file}.2026-11-20T00-00-00.000Z`, "y\n");
    await forgetHistoryFiles(site.file);
    expect([readdirSync(site.folder), statSync(site.file).size]).toEqual([["history.ndjson"], 0]);
    await forgetHistoryFiles(join(site.folder, "none", "history.ndjson"));
  });
});
