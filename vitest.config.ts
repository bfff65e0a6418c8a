import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What is waited for comes; the bound is there for what does not, also on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    // Each file starts servers of its own: files side by side on two cores, tests of one file in order.
    pool: "forks",
    // Most of their time they wait for something: three at once also where there are two cores.
    maxWorkers: 3,
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary", "html"] },
  },
});
