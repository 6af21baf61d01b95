import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/**
 * Four projects: `node` for what is pure or runs on Node; `workerd` for the Worker's own code inside the real
 * runtime with D1 and KV; `flows` for the built Worker, driven over HTTP alone; `commands` for what npm runs.
 */
export default defineConfig({
  test: {
    silent: "passed-only",
    // On two cores vitest would use one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "node",
          include: ["test/unit/**/*.test.ts", "test/house/**/*.test.ts", "test/conformance/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            main: "./src/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ENVIRONMENT: "development",
                ISSUER_URL: "http://127.0.0.1:8787",
                BOOTSTRAP_TOKEN: "csb_test_bootstrap_token_0123456789abcdef",
                SEALING_KEY: "test-sealing-key-0123456789abcdef-0123456789",
                PROJECT_TOKEN_KEY: "test-project-token-key-0123456789abcdef",
                MIGRATIONS: await readD1Migrations("migrations"),
              },
            },
          })),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          globalSetup: ["./test/support/global_setup.ts"],
          setupFiles: ["./test/workerd/setup.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "flows",
          include: ["test/flows/**/*.test.ts"],
          exclude: ["test/flows/commands.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "commands",
          include: ["test/flows/commands.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Alone and last: the demo builds again, and every flow reads what is in dist/.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
