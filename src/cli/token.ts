import { Command } from "commander";

/** `dotls token`: a token for `control.http`, and the hash that a configuration may hold. */
export function command(): Command {
  return new Command("token")
    .description("make a token for the API over HTTP (control.http), and its hash for control.token")
    .action(async () => {
      const { hashToken, makeToken } = await import("../control/token.ts");
      const token = makeToken();
      process.stdout.write(`token  ${token}\nhash   ${await hashToken(token)}\n`);
    });
}
