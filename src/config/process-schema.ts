import { z } from "zod";
import type { Config } from "./config.ts";
import { duration, onOrOff, parsed } from "./fields.ts";
import type { About } from "./option.ts";

const MINUTE = 60_000;

/** What a source says about the process. */
export type ProcessLayer = { [Key in "lameduck" | "watch" | "user" | "group"]?: Config[Key] | undefined };

type Shape = { [Key in keyof ProcessLayer]-?: z.ZodOptional<z.ZodType<Config[Key]>> };

/** A user or a group: its name or its number, null for `none`. */
function account(description: string): z.ZodOptional<z.ZodType<string | null>> {
  return z
    .union([z.string(), z.number()], { error: () => "wants a name, a number or none" })
    .transform(parsed(parseAccount))
    .nullable()
    .meta({ type: "name, number or `none`", description, default: "none" } satisfies About)
    .optional();
}

/** The options on how the process starts, changes and ends. */
export const processOptions: Shape = {
  lameduck: duration(0, 10 * MINUTE)
    .meta({
      type: "duration, 0s to 10m",
      description:
        "How long the server goes on answering after it was told to stop. From the first moment on it says that it is not ready, so that whoever sends queries can choose another one.",
      default: "0s",
    } satisfies About)
    .optional(),
  watch: onOrOff
    .meta({
      type: "`true` or `false`",
      description:
        "Whether a change of the configuration file takes effect by itself, as `dotls reload` makes it. The file may be written anew, replaced, or be behind a link that is turned to another one, as Kubernetes does it.",
      default: false,
    } satisfies About)
    .optional(),
  user: account(
    "Who to become when the doors are open, so that only their opening is done as root. The control socket, the history and what is kept belong to this user.",
  ),
  group: account("The group to become, where it is to be another than that of `user`."),
};

function parseAccount(value: string | number): string | null {
  const name = String(value);
  if (name === "none") return null;
  if (/^\d{1,10}$/.test(name)) {
    if (Number(name) < 2 ** 32 - 1) return name;
  } else if (/^[a-z_][a-z0-9_.-]*\$?$/i.test(name)) {
    return name;
  }
  throw new RangeError(`"${name}" is no name of a user or group`);
}
