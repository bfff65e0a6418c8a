import { Command } from "commander";
import { DotlsError } from "../errors.ts";
import type { TargetOptions } from "./control-target.ts";
import { addTargetOptions, controlTarget } from "./control-target.ts";

interface FlushOptions extends TargetOptions {
  readonly json?: true;
}

/** `dotls flush`: makes the running server forget answers. */
export function command(): Command {
  const flush = new Command("flush")
    .description("forget the answers that the running server keeps, so that the next query asks an upstream")
    .argument("[name]", "of this name, or of a zone and all below it ('*.corp.example'); all without it")
    .option("--json", "print JSON");
  return addTargetOptions(flush).action(forget);
}

async function forget(name: string | undefined, options: FlushOptions): Promise<void> {
  const { socket } = await controlTarget(options);
  if (socket === null) {
    throw new DotlsError(
      "ERR_DOTLS_NO_SERVER",
      "control.socket is none in the configuration: nobody can be asked",
    );
  }
  const { flushAnswers } = await import("../control/client.ts");
  const removed = await flushAnswers(socket, name ?? null);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ removed })}\n`
      : `${removed} ${removed === 1 ? "answer" : "answers"} forgotten\n`,
  );
}
