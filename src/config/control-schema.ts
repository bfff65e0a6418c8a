import { z } from "zod";
import type { ControlConfig } from "./config.ts";
import { parseControlHttp } from "./control-http.ts";
import { parseControlToken } from "./control-token.ts";
import { fileOrNone, parsed, text } from "./fields.ts";
import type { About } from "./option.ts";

/** What a source says about the control API. */
export interface ControlLayer {
  /** `auto` until it is known for whom. */
  socket?: "auto" | { file: string } | null | undefined;
  http?: ControlConfig["http"] | undefined;
  token?: ControlConfig["token"] | undefined;
}

type Shape = { [Key in keyof ControlLayer]-?: z.ZodOptional<z.ZodType<ControlLayer[Key]>> };

/** The section `control`. */
export const controlSection: z.ZodObject<Shape, z.core.$strict> = z.strictObject({
  socket: text("auto, none, or a path")
    .transform(parsed((value) => (value === "auto" ? value : fileOrNone(value))))
    .nullable()
    .meta({
      type: "`auto`, `none` or a path",
      description:
        "The Unix socket through which `dotls status` and `dotls history` talk to the running server.",
      default: "auto",
    } satisfies About)
    .optional(),
  http: text("none, or an address and a port")
    .transform(parsed(parseControlHttp))
    .nullable()
    .meta({
      type: "`none`, or `ADDRESS:PORT`",
      description:
        "Where the dashboard, the metrics for Prometheus and the API are to be had over HTTP as well. On another address than a loopback one, all but `/livez`, `/readyz` and the empty page of the dashboard need a token.",
      default: "none",
    } satisfies About)
    .optional(),
  token: text("auto, a hash or a path")
    .transform(parsed(parseControlToken))
    .meta({
      type: "`auto`, a token, the hash of one, or the path of a file with one of the two",
      description:
        "Who may use `control.http`. `auto`: on a loopback address, whoever can reach it; elsewhere whoever has the token that is made at the first start, shown once, and kept in the folder `state` as a hash. `dotls token` makes a token and its hash for all other cases; the token is then needed on loopback addresses as well.",
      default: "auto",
    } satisfies About)
    .optional(),
});
