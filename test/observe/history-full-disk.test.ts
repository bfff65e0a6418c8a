import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "../support/needs.ts";
import { namesIn, historySite } from "./history-site.ts";

const site = historySite();

describe("a full disk", () => {
  it.skipIf(!existsSync("/dev/full"))(
    "is said once, costs only what the ring overwrites, and heals",
    async () => {
      symlinkSync("/dev/full", site.file);
      const { history, lines } = await site.begin();
      for (let i = 0; i < 600; i++) site.record(`n${i}.`);
      await history.flush();
      await history.flush();
      expect(history.status()).toMatchObject({
        written: 0,
        lost: 0,
        error: expect.stringContaining("ENOSPC"),
      });
      for (let i = 600; i < 1600; i++) site.record(`n${i}.`);
      expect(history.status().lost).toBe(600);
      await history.flush();
      expect(lines.map(({ level }) => level)).toEqual(["error"]);

      unlinkSync(site.file);
      await history.flush();
      expect(history.status()).toMatchObject({ written: 1000, lost: 600, error: null });
      expect(namesIn(site.file)[0]).toBe("n600.");
      expect(namesIn(site.file).at(-1)).toBe("n1599.");
      expect(lines[1]).toEqual({
        level: "info",
        message: "the history file is written again",
        fields: { file: site.file, lost: 600 },
      });
    },
  );

  it("at the end counts as lost what could not be written", async () => {
    const { history } = await site.begin();
    renameSync(site.folder, `${site.folder}.away`);
    site.record("one.", "two.");
    await history.stop();
    expect(history.status()).toMatchObject({ written: 0, lost: 2 });
    renameSync(`${site.folder}.away`, site.folder);
  });

  const disk = smallDisk();
  it.skipIf(disk === null)("in the middle of a batch leaves whole lines, none of them twice", async () => {
    const onDisk = join(disk!, "history.ndjson");
    const { history } = await site.begin({ file: onDisk });
    appendFileSync(join(disk!, "ballast"), Buffer.alloc(100_000));
    for (let i = 0; i < 300; i++) site.record(`n${i}.`);
    await history.flush();
    expect(history.status().error).toMatch(/^ENOSPC/);
    const { written } = history.status();
    expect(written).toBeGreaterThan(0);
    unlinkSync(join(disk!, "ballast"));
    await history.flush();
    expect(history.status()).toMatchObject({ written: expect.any(Number), lost: 0 });
    expect(namesIn(onDisk)).toEqual(Array.from({ length: history.status().written }, (_, i) => `n${i}.`));
    expect(history.status().written).toBeGreaterThan(written);
  });
  afterAll(() => {
    if (disk === null) return;
    execFileSync(program("umount")!, [disk]);
    rmdirSync(disk);
  });
});

/** A file system of 160 KiB, when this user may mount one. */
function smallDisk(): string | null {
  const at = mkdtempSync(join(tmpdir(), "dotls-disk-"));
  try {
    execFileSync(program("mount")!, ["-t", "tmpfs", "-o", "size=160k", "tmpfs", at], { stdio: "ignore" });
    chmodSync(at, 0o700);
    return at;
  } catch {
    rmSync(at, { recursive: true });
    return null;
  }
}
