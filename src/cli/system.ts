import { Command } from "commander";
import type { ListenAddress } from "../config/config.ts";
import { DotlsError } from "../errors.ts";

interface EnableOptions {
  readonly config?: string;
}

/** `dotls system`: makes the programs of this host ask dotls, and takes that back. */
export function command(): Command {
  const system = new Command("system").description("point the programs of this host to dotls, and back");
  system
    .command("enable")
    .description("write what makes them ask dotls; keeps what was there before")
    .option("--config <file>", "configuration of the server (found as `dotls serve` finds it)")
    .action(enable);
  system.command("disable").description("bring back what was there before").action(disable);
  system
    .command("status")
    .description("tell whether they ask dotls; the exit code is 0 if so")
    .action(status);
  return system;
}

async function enable(options: EnableOptions): Promise<void> {
  onlyRootOnLinux();
  const { loadConfig } = await import("../config/load.ts");
  const { config } = loadConfig({ flags: options.config === undefined ? {} : { config: options.config } });
  const listen: readonly ListenAddress[] = config.listen;
  const [{ enableSystem }, { thisHost }] = await Promise.all([
    import("./system/switch.ts"),
    import("./system/host.ts"),
  ]);
  print(await enableSystem(thisHost, listen));
}

async function disable(): Promise<void> {
  onlyRootOnLinux();
  const [{ disableSystem }, { thisHost }] = await Promise.all([
    import("./system/switch.ts"),
    import("./system/host.ts"),
  ]);
  print(await disableSystem(thisHost));
}

async function status(): Promise<void> {
  onlyRootOnLinux();
  const [{ systemStatus }, { thisHost }] = await Promise.all([
    import("./system/switch.ts"),
    import("./system/host.ts"),
  ]);
  const { record, changed } = systemStatus(thisHost);
  if (record === null) print(["not enabled"]);
  else {
    print([
      `enabled at ${record.enabledAt}: the programs of this host ask dotls at ${record.door}`,
      ...record.files.map(({ path }) => `${path}: ${changed.includes(path) ? "changed since" : "in place"}`),
    ]);
  }
  if (record === null || changed.length > 0) process.exitCode = 1;
}

function onlyRootOnLinux(): void {
  if (process.platform !== "linux") {
    throw new DotlsError("ERR_DOTLS_SYSTEM", "this command knows Linux only: see docs/other-systems.md");
  }
  if (process.getuid?.() !== 0) throw new DotlsError("ERR_DOTLS_SYSTEM", "only root may do this");
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
