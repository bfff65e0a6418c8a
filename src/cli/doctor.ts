import { Command } from "commander";
import { addConfigOptions, readFlags } from "../config/flags.ts";

/** `dotls doctor`: asks each upstream what it can do, and this host what it does with DNS. */
export function command(): Command {
  const doctor = new Command("doctor")
    .description("examine upstreams (else those of the configuration) and what this host does with DNS")
    .argument("[specs...]", "upstreams, as in tls://1.1.1.1#cloudflare-dns.com or quad9")
    .option("--name <name>", "ask for this name, which the servers should know (else example.com)")
    .option("--json", "print JSON");
  return addConfigOptions(doctor).action(async (specs: string[]) => {
    const { json, name } = doctor.opts<{ json?: true; name?: string }>();
    const { realSurroundings, runDoctor } = await import("./doctor/doctor-command.ts");
    const request = { specs, flags: readFlags(doctor), json: json === true, name: name ?? null };
    process.exitCode = await runDoctor(request, realSurroundings());
  });
}
