// Compiles src/ to dist/, and web/ to dist/web. A stamp of the sources' names, sizes and times keeps a second call cheap, so that
// every npm script can ask for a build without making its user wait for one.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "dist", ".stamp");

function stampOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((file) => {
      const { size, mtimeMs } = statSync(file);
      return `${file} ${size} ${mtimeMs}`;
    })
    .join("\n");
}

const settings = ["tsconfig.build.json", "scripts/bundle.mjs", "scripts/web.mjs"].map((file) =>
  readFileSync(join(root, file), "utf8"),
);
const stamp = [...["src", "web"].map((folder) => stampOf(join(root, folder))), ...settings].join("\n");
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  const [{ bundle }, { buildWeb }] = await Promise.all([import("./bundle.mjs"), import("./web.mjs")]);
  await bundle(root);
  await buildWeb(root);
  const { configJsonSchema } = await import("../dist/config/schema.js");
  writeFileSync(join(root, "dist", "dotls.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
  writeFileSync(stampFile, stamp);
}
