import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "./sources.ts";

/** By convention `nobody`, and a second one that nobody is. */
const NOBODY = 65_534;
const SOMEBODY = 65_533;

const dist = fileURLToPath(new URL("../../dist/control/", import.meta.url));

/** What a script prints that runs as another user, with the built control modules at hand. */
function as(uid: number, script: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    uid,
    gid: uid,
    cwd: "/",
    encoding: "utf8",
  });
  return stdout + stderr;
}

/** Only root can be somebody else, and only if that somebody can read the build. */
const possible =
  process.getuid?.() === 0 &&
  as(NOBODY, `import { accessSync } from "node:fs"; accessSync("${dist}client.js"); console.log("yes")`) ===
    "yes\n";

describe.skipIf(!possible)("the control socket and other users (skipped: needs root)", () => {
  let folder: string;
  let socket: string;
  beforeEach(() => ({ folder, socket } = socketPath()));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is closed to them, even in a folder that is open, and their command says so", async () => {
    chmodSync(folder, 0o755);
    const server = await startControl({
      path: socket,
      status: () => statusOf(),
      history: new HistoryRing(1),
    });
    const script = `
      import { getStatus } from "${dist}client.js";
      await getStatus("${socket}").catch(({ code, message }) => console.log(code, message));`;
    expect(as(NOBODY, script)).toBe(
      `ERR_DOTLS_CONTROL_DENIED this user may not open the control socket ${socket}; ask as the user that runs the server\n`,
    );
    await server.close();
  });

  it("is not made in a folder of somebody else, who could put his own in its place", () => {
    chmodSync(folder, 0o777);
    chownSync(folder, SOMEBODY, SOMEBODY);
    const script = `
      import { startControl } from "${dist}control-server.js";
      await startControl({ path: "${socket}" }).catch(({ code, message }) => console.log(code, message));`;
    expect(as(NOBODY, script)).toBe(
      `ERR_DOTLS_CONTROL_SOCKET cannot use the control socket ${socket}: its folder belongs to another user (user id ${SOMEBODY})\n`,
    );
    expect(
      as(
        SOMEBODY,
        script.replace("await startControl", "const made = await startControl") +
          "await made.close();console.log('made')",
      ),
    ).toBe("made\n");
  });
});
