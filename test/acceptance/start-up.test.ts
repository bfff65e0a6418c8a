import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a server without upstreams over HTTPS does not load HTTP/2, which takes as long as a good part of the rest", async () => {
  const server = new URL("../../dist/server.js", import.meta.url).href;
  const script = `
    await import(${JSON.stringify(server)});
    const loaded = () => process.moduleLoadList.some((name) => name === "NativeModule http2");
    const before = loaded();
    process.getBuiltinModule("node:http2");
    console.log(before, loaded());
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout.trim()).toBe("false true");
});
