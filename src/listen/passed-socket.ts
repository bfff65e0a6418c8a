import type { ListenOn } from "./listeners.ts";

/** A socket that somebody has opened and bound for us, and that listens where it is one of TCP. */
export interface PassedSocket extends ListenOn {
  readonly fd: number;
}
