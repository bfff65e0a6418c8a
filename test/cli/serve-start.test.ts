import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { folderWith } from "../support/config-folder.ts";
import { startCommand } from "./run-command.ts";

it("dotls serve loads a few files, and nothing that an answer does not need", async () => {
  const folder = folderWith({});
  const hook = join(folder, "loaded.cjs");
  const list = join(folder, "loaded.json");
  writeFileSync(
    hook,
    `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  const server = startCommand("serve", ["--listen", "127.0.0.1:0", "--set", "state=none"], {
    cwd: folder,
    env: { NODE_OPTIONS: `--require=${hook}`, DOTLS_CONTROL_SOCKET: join(folder, "c.sock") },
  });
  await vi.waitFor(() => expect(server.stdout()).toContain("dotls ready"), { timeout: 15_000 });
  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const loaded = (JSON.parse(readFileSync(list, "utf8")) as string[]).filter((file) => file !== hook);
  expect(loaded.filter((file) => /node_modules/.test(file) && !/koffi|koromix/.test(file))).toEqual([]);
  expect(loaded.filter((file) => file.includes("/dist/")).length).toBeLessThan(12);
});
