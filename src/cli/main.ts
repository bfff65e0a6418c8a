#!/usr/bin/env node
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";

interface CommandModule {
  command(): Command;
}

/** Each command's module is loaded only when it is asked for: a query should not wait for a web server to load. */
const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  serve: () => import("./serve.ts"),
  query: () => import("./query.ts"),
  demo: () => import("./demo.ts"),
  check: () => import("./check.ts"),
  doctor: () => import("./doctor.ts"),
  history: () => import("./history.ts"),
  status: () => import("./status.ts"),
  flush: () => import("./flush.ts"),
  reload: () => import("./reload.ts"),
  bypass: () => import("./bypass.ts"),
  token: () => import("./token.ts"),
  healthcheck: () => import("./healthcheck.ts"),
  system: () => import("./system.ts"),
  import: () => import("./import.ts"),
};

/** The exit code for a fault in dotls itself, as dig has it. */
const INTERNAL_ERROR = 10;

async function main(words: readonly string[]): Promise<void> {
  const { Command, CommanderError } = await import("commander");
  const program = new Command("dotls")
    .description("carries the DNS queries of programs that speak plain DNS over TLS")
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(dotls --help lists the commands)");
  const wanted = words[0] ?? "";
  // Help and typing errors need to know all of them.
  const names = Object.hasOwn(commands, wanted) ? [wanted] : Object.keys(commands);
  for (const name of names) {
    const module = await commands[name]!();
    program.addCommand(module.command().copyInheritedSettings(program));
  }
  if (names.length > 1) {
    const { packageVersion } = await import("../version.ts");
    program.version(packageVersion(), "-v, --version", "print the version");
  }
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    // Commander has said what is wrong; help and version are thrown as well, with code 0.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
  }
}

/**
 * Node.js since 22.8 keeps what it compiled, which spares a tenth of the next start. Beside this file: who can write there can
 * write this file as well; where we cannot, it is compiled each time.
 */
function keepCompiled(): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types are those of Node.js 20
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(fileURLToPath(new URL(".compiled", import.meta.url)));
}

keepCompiled();

// A log that nobody reads any more must not become an error that is logged.
process.stderr.on("error", () => {});

// `dotls history | head` ends the pipe early: that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

// Not awaited at the top: this file also becomes a script, which cannot wait (scripts/bundle.mjs).
void (async () => {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    const { DotlsError } = await import("../errors.ts");
    const known = error instanceof DotlsError;
    process.stderr.write(
      `dotls: ${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = known ? 1 : INTERNAL_ERROR;
  }
})();
