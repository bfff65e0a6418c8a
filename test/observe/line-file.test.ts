import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { LineFile } from "../../src/observe/line-file.ts";
import { temporaryFolder } from "../support/peers/process.ts";

it("leaves a line alone that another process is about to finish", async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const path = join(folder.path, "history.ndjson");
  const whole = '{"v":1,"a":1}\n{"v":1,"a":2}\n';
  writeFileSync(path, whole.slice(0, -5));
  const file = await LineFile.open(path, async () => appendFileSync(path, whole.slice(-5)));
  onTestFinished(() => file.close());
  expect(readFileSync(path, "utf8")).toBe(whole);
  expect(file.size).toBe(whole.length);
});
