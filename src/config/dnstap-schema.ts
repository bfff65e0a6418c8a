import { z } from "zod";
import type { DnstapConfig, DnstapTarget } from "./config.ts";
import { parseDnstap } from "./dnstap-address.ts";
import { between, list, parsed, text } from "./fields.ts";
import { FORMS, SIZE } from "./json-form.ts";
import type { About } from "./option.ts";
import { formatSize, parseSize } from "./size.ts";

/** What a source says about dnstap; the path of a socket is not resolved yet. */
export interface DnstapLayer {
  to?: DnstapTarget | null | undefined;
  messages?: DnstapConfig["messages"][number][] | undefined;
  identity?: string | undefined;
  buffer?: number | undefined;
}

type Shape = {
  [Key in keyof DnstapConfig]-?: z.ZodOptional<z.ZodType<Exclude<DnstapLayer[Key], undefined>>>;
};

/** The section `dnstap`. */
export const dnstapSection: z.ZodObject<Shape, z.core.$strict> = z.strictObject({
  to: text("unix:/path, tcp://ADDRESS:PORT, or none")
    .transform(parsed(parseDnstap))
    .nullable()
    .meta({
      type: "`unix:PATH`, `tcp://ADDRESS:PORT`, or `none`",
      description:
        "A program that takes dnstap over frame streams, such as `fstrm_capture`: it gets every query and every answer as they were on the wire. TCP is in the clear.",
      default: "none",
    } satisfies About)
    .optional(),
  messages: list(
    z.literal(["client", "forwarder"], { error: () => "wants client or forwarder" }),
    "kinds of messages",
  )
    .meta({
      type: "list of `client` and `forwarder`",
      description:
        "What is sent: what clients ask and get (`CLIENT_QUERY`, `CLIENT_RESPONSE`), what upstreams are asked and answer (`FORWARDER_QUERY`, `FORWARDER_RESPONSE`).",
      default: ["client", "forwarder"],
    } satisfies About)
    .optional(),
  identity: text("a name for this server")
    .transform(parsed(identity))
    .meta({
      type: "text, up to 255 bytes, or `auto`",
      description: "As what this server is known in its messages; `auto`: the name of the host.",
      default: "auto",
    } satisfies About)
    .optional(),
  buffer: z
    .union([z.string(), z.number()], { error: () => "wants a size, as in 4MiB" })
    .register(FORMS, SIZE)
    .transform(parsed((value) => between(parseSize(String(value)), 256 * 1024, 2 ** 30, formatSize)))
    .meta({
      type: "size, 256KiB to 1GiB",
      description:
        "How much waits for a reader that is slow or away; threads have equal parts of it, 256 KiB at the least. What does not fit is dropped and counted; queries never wait.",
      default: "4MiB",
    } satisfies About)
    .optional(),
});

function identity(value: string): string {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0 || bytes > 255) throw new RangeError(`it has ${bytes} bytes, and not 1 to 255`);
  return value;
}
