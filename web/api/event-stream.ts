/** One event of a stream of events (HTML standard, section 9.2). */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

/**
 * Reads a stream of events out of pieces of text, wherever they are cut. EventSource would do it as well, but it cannot send
 * a token other than in the address, where it would end up in logs.
 */
export class EventStream {
  #rest = "";
  #type = "";
  #data: string[] = [];

  /** Takes the next piece, and gives the events that are whole with it. */
  push(text: string): StreamEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): StreamEvent | null {
    if (line === "") return this.#event();
    const [field, value] = /^([^:]*):? ?(.*)$/s.exec(line)?.slice(1) ?? [];
    if (field === "data") this.#data.push(value ?? "");
    else if (field === "event") this.#type = value ?? "";
    return null;
  }

  #event(): StreamEvent | null {
    const event = { type: this.#type === "" ? "message" : this.#type, data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    return empty ? null : event;
  }
}
