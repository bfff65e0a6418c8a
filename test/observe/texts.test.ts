import { describe, expect, it } from "vitest";
import { Texts } from "../../src/observe/texts.ts";

describe("Texts", () => {
  it("gives each text a number, and the text for the number", () => {
    const texts = new Texts(4);
    expect([texts.find("one"), texts.add("one"), texts.add("zwölf")]).toEqual([0, 1, 2]);
    expect([texts.find("zwölf"), texts.size, texts.text(1), texts.text(2)]).toEqual([2, 2, "one", "zwölf"]);
    expect([texts.text(0), texts.text(3), texts.text(-1)]).toEqual([null, null, null]);
  });

  it("lets another thread read what one adds", () => {
    const memory = new SharedArrayBuffer(Texts.bytes(4));
    const writer = new Texts(4, memory);
    const reader = new Texts(4, memory);
    const number = writer.add("refused");
    expect(reader.text(number)).toBe("refused");
  });

  it("gives the slot of the oldest to the newest: a number never stands for another text", () => {
    const texts = new Texts(3);
    const numbers = ["a", "b", "c", "d", "e"].map((text) => texts.add(text));
    expect(numbers.map((number) => texts.text(number))).toEqual([null, null, "c", "d", "e"]);
    expect(["a", "b", "c"].map((text) => texts.find(text))).toEqual([0, 0, numbers[2]]);
  });

  it("goes on where the thread before it ended", () => {
    const memory = new SharedArrayBuffer(Texts.bytes(4));
    const before = new Texts(4, memory).add("refused");
    const after = new Texts(4, memory);
    expect(after.find("refused")).toBe(before);
    const next = after.add("timeout");
    expect([next, after.text(before), after.text(next)]).toEqual([before + 1, "refused", "timeout"]);
  });

  it("cuts what is too long at a whole character, and finds it again until its slot is given away", () => {
    const texts = new Texts(2);
    const long = "é".repeat(1000);
    const number = texts.add(long);
    expect(texts.find(long)).toBe(number);
    expect(texts.text(number)).toMatch(/^é{200,400}$/);
    texts.add("b");
    texts.add("c");
    expect([texts.find(long), texts.text(number)]).toEqual([0, null]);
  });
});
