import { afterEach, describe, expect, it, vi } from "vitest";
import { Errno } from "../../../src/listen/batch/layout.ts";
import { type Libc, loadLibc, nameOf } from "../../../src/listen/batch/libc.ts";
import { describeBatches } from "../ways.ts";

afterEach(() => {
  vi.doUnmock("koffi");
  vi.resetModules();
  vi.unstubAllGlobals();
});

/** What is loaded when koffi is this. */
async function loadWith(koffi: () => object): Promise<Libc | string> {
  vi.resetModules();
  vi.doMock("koffi", koffi);
  const { loadLibc } = await import("../../../src/listen/batch/libc.ts");
  return loadLibc();
}

/** A koffi whose functions all fail with this errno. */
function failing(errno: number): object {
  return {
    default: {
      load: () => ({ func: () => () => -1 }),
      errno: () => errno,
      address: () => 0n,
    },
  };
}

describeBatches("the C library", (libc) => {
  it("does as its functions say", () => {
    const memory = new ArrayBuffer(16);
    expect(libc.parseAddress(2, "192.0.2.1", libc.address(memory))).toBe(1);
    expect([...new Uint8Array(memory, 0, 4)]).toEqual([192, 0, 2, 1]);
    expect(libc.close(-1)).toBe(-1);
    expect(nameOf(libc.errno())).toBe("EBADF");
    expect(libc.interfaceIndex("no-such-thing")).toBe(0);
  });

  it("is not used without koffi", async () => {
    const loaded = await loadWith(() => {
      throw new Error("Cannot find package");
    });
    expect(loaded).toContain("koffi cannot be used: ");
  });

  it("is not used when a function is missing", async () => {
    const loaded = await loadWith(() => ({
      default: {
        load: () => ({
          func: (name: string) => {
            throw new Error(`Cannot find function '${name}' in shared library`);
          },
        }),
      },
    }));
    expect(loaded).toBe("koffi cannot be used: Cannot find function 'syscall' in shared library");
  });

  it.each(["ENOSYS", "EPERM"] as const)(
    "is not used when the calls are not let through (%s)",
    async (name) => {
      const loaded = await loadWith(() => failing(Errno[name]));
      expect(loaded).toBe(`the system does not allow recvmmsg: ${name}`);
    },
  );

  it("is used when the calls say that there is no such socket", async () => {
    expect(await loadWith(() => failing(9))).toMatchObject({});
  });
});

describe("the C library of another system", () => {
  it.each([
    ["darwin", "arm64"],
    ["linux", "ia32"],
  ])("is left alone: %s on %s", async (platform, arch) => {
    vi.stubGlobal("process", { ...process, platform, arch });
    expect(await loadLibc()).toBe(`it is for Linux on x64 and arm64, and this is ${platform} on ${arch}`);
  });
});

it("the name of an error is the system's", () => {
  expect(nameOf(98)).toBe(process.platform === "linux" ? "EADDRINUSE" : nameOf(98));
  expect(nameOf(99_999)).toBe("error 99999");
});
