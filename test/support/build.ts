import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiles dist/ once before all tests, for those that start the command line as a user would. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url))], {
    stdio: "inherit",
  });
}
