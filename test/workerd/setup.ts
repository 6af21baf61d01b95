import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { D1Migration } from "@cloudflare/vitest-plugin";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly DB: D1Database;
      readonly JWKS_CACHE: KVNamespace;
      readonly MIGRATIONS: D1Migration[];
      readonly ENVIRONMENT: string;
      readonly ISSUER_URL: string;
      readonly BOOTSTRAP_TOKEN: string;
      readonly SEALING_KEY: string;
    }
  }
}

await applyD1Migrations(env.DB, env.MIGRATIONS);
