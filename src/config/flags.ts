import type { Command } from "commander";

/** The configuration flags as they were typed, nothing checked. */
export interface Flags {
  readonly config?: string;
  readonly listen?: readonly string[];
  readonly upstream?: readonly string[];
  readonly tlsCa?: string;
  /** `KEY=VALUE`. */
  readonly set?: readonly string[];
}

/** Adds the flags that `readFlags` reads to a command. Each of the repeated ones may be given several times. */
export function addConfigOptions(command: Command): Command {
  return command
    .option("--config <file>", "configuration file (else $DOTLS_CONFIG, ./dotls.yaml, /etc/dotls/dotls.yaml)")
    .option("--listen <url>", "listen here, as in udp://127.0.0.1:5300; repeatable", collect)
    .option(
      "--upstream <spec>",
      "ask this server, as in tls://1.1.1.1#cloudflare-dns.com; repeatable",
      collect,
    )
    .option("--tls-ca <file>", "trust the certification authorities of this PEM file")
    .option(
      "--set <key=value>",
      "set any key of the configuration, as in --set timeout=2s; repeatable",
      collect,
    );
}

/** The configuration flags that a command was called with. */
export function readFlags(command: Command): Flags {
  const { config, listen, upstream, tlsCa, set } = command.opts<Flags>();
  return {
    ...(config !== undefined && { config }),
    ...(listen !== undefined && { listen }),
    ...(upstream !== undefined && { upstream }),
    ...(tlsCa !== undefined && { tlsCa }),
    ...(set !== undefined && { set }),
  };
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
