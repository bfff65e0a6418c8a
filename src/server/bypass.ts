import type { Config } from "../config/config.ts";
import { networkResolvers } from "../config/network-resolvers.ts";
import { Bypass } from "../control/bypass.ts";
import type { Log } from "../observe/log.ts";
import type { Group } from "../upstream/group.ts";
import type { Groups } from "./groups.ts";

/**
 * The bypass of a server: while it is open, what no route takes goes to the plain resolvers of the network. Said in the
 * log when it opens and when it closes, as nothing is encrypted meanwhile.
 */
export function makeBypass(
  config: Config,
  groups: Groups,
  isOwn: (address: string) => boolean,
  log: Log,
): Bypass {
  let open: Group | null = null;
  const end = (): void => {
    groups.routes.divert(null);
    if (open !== null) groups.release(open);
    open = null;
  };
  return new Bypass({
    ...config.bypass,
    find: () => networkResolvers(isOwn),
    onOpen: ({ by, until, resolvers }) => {
      end();
      open = groups.plain(resolvers);
      groups.routes.divert(open);
      log.warn(`BYPASS OPEN: queries leave unencrypted until ${new Date(until).toISOString()}`, {
        by,
        resolvers: resolvers.join(" "),
      });
    },
    onClose: (why) => {
      end();
      log.warn(`bypass closed: queries are encrypted again`, { why });
    },
  });
}
