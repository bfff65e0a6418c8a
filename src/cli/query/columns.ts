const TAB_WIDTH = 8;

/** A line whose fields begin at columns, filled with tabs as far as they reach and blanks after them, as BIND does. */
export class ColumnLine {
  text: string;
  #column = 0;

  /** `prefix` stands before the first column and does not count, like the `;` of a question. */
  constructor(prefix = "") {
    this.text = prefix;
  }

  /** Adds a field at the column where the line is. */
  add(field: string): this {
    this.text += field;
    this.#column += field.length;
    return this;
  }

  /** Goes to a column, by one blank or tab at least. */
  goTo(wanted: number): this {
    const target = Math.max(wanted, this.#column + 1);
    const tabs = Math.floor(target / TAB_WIDTH) - Math.floor(this.#column / TAB_WIDTH);
    const from = tabs > 0 ? Math.floor(target / TAB_WIDTH) * TAB_WIDTH : this.#column;
    this.text += "\t".repeat(tabs) + " ".repeat(target - from);
    this.#column = target;
    return this;
  }
}
