import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { automaticSocket } from "../../src/config/control-socket.ts";
import { load } from "../support/config-folder.ts";

test("root has the folder of the system, whatever its session says", () => {
  expect(automaticSocket({ XDG_RUNTIME_DIR: "/run/user/0" }, 0)).toBe("/run/dotls/control.sock");
});

test("a user has the folder of the session", () => {
  expect(automaticSocket({ XDG_RUNTIME_DIR: "/run/user/1000" }, 1000)).toBe("/run/user/1000/dotls.sock");
});

test.each([{}, { XDG_RUNTIME_DIR: "" }, { XDG_RUNTIME_DIR: "run/user" }])(
  "without a session (%j) a user has a folder in the temporary directory",
  (env) => {
    expect(automaticSocket(env, 1000)).toBe(join(tmpdir(), "dotls-1000", "control.sock"));
  },
);

test("auto is resolved for who loads the configuration", () => {
  const env = { XDG_RUNTIME_DIR: "/run/user/7" };
  const expected = automaticSocket(env, process.getuid!());
  expect(load({ env }).config.control.socket).toBe(expected);
  expect(load({ env, yaml: "control: {socket: auto}" }).config.control.socket).toBe(expected);
});
