import { expect, test } from "vitest";
import { folderWith } from "../support/config-folder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { runCommand } from "./run-command.ts";

test.each([
  ["good", 0, /^ {2}\+ ok {4}query /m],
  ["expired", 1, /^ {2}x fail {2}handshake /m],
] as const)("dotls doctor and a server whose certificate is %s: exit %i", async (certificate, exit, line) => {
  const upstream = await start({ certificate, rcodes: { "dot.test": 3 } });
  const spec = `tls://127.0.0.1:${upstream.port}#${upstream.name}`;
  const { code, stdout, stderr } = await runCommand("doctor", [spec, "--tls-ca", upstream.caFile()], {
    cwd: folderWith({}),
  });
  expect({ code, stderr }).toEqual({ code: exit, stderr: "" });
  expect(stdout).toMatch(line);
  expect(stdout).not.toContain("\u001b");
});
