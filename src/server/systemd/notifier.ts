import { openNotifySocket, type Send } from "./notify-socket.ts";

/**
 * Tells the service manager how the server is (sd_notify(3)). As long as the event loop turns it says so as often as the
 * manager wants to hear it, and is restarted when it does not.
 */
export class Notifier {
  #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Null when nobody wants to hear of it. Takes the variables that say who away from `env`: they are not for our children. */
  static async open(env: NodeJS.ProcessEnv = process.env): Promise<Notifier | null> {
    const { NOTIFY_SOCKET: address, WATCHDOG_USEC: interval, WATCHDOG_PID: pid } = env;
    for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
    const send = address === undefined ? null : await openNotifySocket(address);
    if (send === null) return null;
    const notifier = new Notifier(send);
    const isOurs = pid === undefined || pid === String(process.pid);
    if (isOurs && /^[1-9]\d*$/.test(interval ?? "")) notifier.#beat(Number(interval) / 1000);
    return notifier;
  }

  /** It answers; `status` is for people. */
  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${inALine(status)}`);
  }

  /** It reads its configuration again; `ready` says when that is over, well or not. */
  reloading(): void {
    // The clock of hrtime is CLOCK_MONOTONIC.
    const now = process.hrtime.bigint() / 1000n;
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${now}\nSTATUS=reading the configuration again`);
  }

  /** It stops, which may take so many ms. */
  stopping(most: number): void {
    this.#send(`STOPPING=1\nEXTEND_TIMEOUT_USEC=${most * 1000}\nSTATUS=answering the last queries`);
  }

  #beat(interval: number): void {
    const beat = (): void => this.#send("WATCHDOG=1");
    beat();
    setInterval(beat, Math.max(1, Math.min(interval / 2, 2 ** 31 - 1))).unref();
  }
}

function inALine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
