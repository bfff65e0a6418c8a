import { describe, expect, it } from "vitest";
import { doctor, spec, start } from "./surroundings.ts";

describe("the text", () => {
  it("has colours only when told to", async () => {
    const upstream = await start();
    const request = { specs: [spec(upstream)], flags: { tlsCa: upstream.caFile() } };
    const plain = (await doctor(request)).text;
    const coloured = (await doctor(request, { colour: true })).text;
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[32m+ ok   \u001b[0m");
  });

  it("prints what a server says without control characters", async () => {
    const upstream = await start({ ede: { code: 0, text: "\u001b[2Jgone" } });
    const { text } = await doctor({ specs: [spec(upstream)], flags: { tlsCa: upstream.caFile() } });
    expect(text).toContain("[2Jgone");
    expect(text).not.toContain("\u001b");
  });
});
