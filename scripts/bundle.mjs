// Makes one script of the command line, in place of dist/cli: as several hundred modules, most of the time to the first
// answer of `dotls serve` was their loading. What other programs import (dist/index.js) stays as it is.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";

/** Packages that become part of the script; the others are loaded where they are used, from node_modules. */
const BUNDLED = new Set(["zod", "commander"]);

const IMPORT = /^(?:import|export)\b[^;]*?["'](\.{1,2}\/[^"']+)["'];$/gm;

/** The modules that are loaded with these, as paths. */
function loadedWith(...roots) {
  const found = new Set();
  const walk = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, to] of readFileSync(file, "utf8").matchAll(IMPORT)) walk(resolve(dirname(file), to));
  };
  for (const root of roots) walk(root);
  return found;
}

/** Replaces `dist/cli`, which holds what the compiler wrote, by its bundle. */
export async function bundle(root) {
  const dist = join(root, "dist");
  const at = (file) => join(dist, file);
  const serve = loadedWith(
    ...["cli/serve.js", "server/config-reader.js", "server/service.js", "server/engine.js"].map(at),
  );
  const worker = at("server/worker-entry.js");
  const inWorker = loadedWith(worker);
  const query = loadedWith(...["cli/query.js", "cli/query/query-command.js"].map(at));
  const config = loadedWith(at("config/load.js"));
  // A few large files in place of many small ones, and no command has to load what only another one needs.
  const groups = [
    { name: "wire", priority: 3, test: (id) => query.has(id) && serve.has(id) },
    { name: "config", priority: 2, test: (id) => config.has(id) || id.includes("node_modules/zod/") },
    { name: "serve", priority: 1, test: (id) => id !== worker && (serve.has(id) || inWorker.has(id)) },
  ];
  const built = await rolldown({
    input: { main: at("cli/main.js"), "worker-entry": worker },
    platform: "node",
    external: (id) => /^[^./]/.test(id) && !BUNDLED.has(id),
    preserveEntrySignatures: false,
    onLog: (level, log) => {
      if (level === "warn" && log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") throw new Error(log.message);
    },
    plugins: [
      {
        name: "no commands in programs of their own",
        // All that commander wants node:child_process for, which takes milliseconds to load.
        transform: (code, id) =>
          id.endsWith("/commander/lib/command.js")
            ? code.replace("require('node:child_process')", "undefined")
            : null,
      },
      {
        name: "where package.json is",
        // One folder further down than the module that looks for it.
        transform: (code, id) =>
          id === at("version.js") ? code.replace('"../package.json"', '"../../package.json"') : null,
      },
    ],
  });
  const { output } = await built.generate({
    // CommonJS: Node.js loads it faster, and builds no namespace for each of its own modules.
    format: "cjs",
    dynamicImportInCjs: false,
    // Names stay, for the stacks in the log.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: { groups, includeDependenciesRecursively: false },
  });
  await built.close();
  rmSync(at("cli"), { recursive: true, force: true });
  mkdirSync(at("cli"));
  for (const { fileName, code } of output) writeFileSync(at(`cli/${fileName}`), code);
  writeFileSync(at("cli/package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(at("cli/LICENSES.txt"), licenses(output));
}

/** What the licenses of the packages in the bundle want to be said. */
function licenses(output) {
  const folders = output
    .flatMap(({ moduleIds = [] }) => moduleIds)
    .map((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(id)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)]
    .sort((a, b) => a.localeCompare(b))
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`;
    })
    .join("\n---\n\n");
}
