import { expect, test } from "vitest";
import { automaticState } from "../../src/config/state-folder.ts";

test.each([
  [{ STATE_DIRECTORY: "/var/lib/one:/var/lib/two", HOME: "/root" }, 0, "/var/lib/one"],
  [{ HOME: "/root" }, 0, "/var/lib/dotls"],
  [{ XDG_STATE_HOME: "/state", HOME: "/home/x" }, 1000, "/state/dotls"],
  [{ XDG_STATE_HOME: "state", HOME: "/home/x" }, 1000, "/home/x/.local/state/dotls"],
  [{ STATE_DIRECTORY: "", HOME: "/home/x" }, 1000, "/home/x/.local/state/dotls"],
  [{}, 1000, null],
])("%j for user %i", (env, uid, folder) => {
  expect(automaticState(env, uid)).toBe(folder);
});
