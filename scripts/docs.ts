/** `npm run docs`: writes what can be generated; with `--check` it only says what is out of step, or leads nowhere. */
import { existsSync } from "node:fs";
import { glob, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LINT_CODES } from "../src/advice/index.ts";
import { EVALUATION_REASONS } from "../src/decisions/index.ts";
import type { Deps } from "../src/deps.ts";
import { EXCHANGE_REASONS, PROBLEMS } from "../src/protocol/index.ts";
import { BUILT_IN_ROLES, gives, PERMISSIONS } from "../src/rbac/index.ts";
import { v1Routes } from "../src/routes/v1/index.ts";
import { code, NOTE, type Page, table } from "./docs/markdown.ts";
import { providerPages } from "./docs/providers.ts";

const ROOT = resolve(import.meta.dirname, "..");

async function main(): Promise<void> {
  const pages = await generate();
  if (!process.argv.includes("--check")) {
    for (const [path, text] of pages) await writeFile(join(ROOT, path), text);
    console.log(`wrote ${pages.map(([path]) => path).join(", ")}`);
    return;
  }
  const faults = [...(await outOfStep(pages)), ...(await deadLinks())];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

async function generate(): Promise<readonly Page[]> {
  return [
    ["docs/decisions.md", await decisionsPage()],
    ["docs/errors.md", errorsPage()],
    ["docs/permissions.md", permissionsPage()],
    ["docs/standards.md", await standardsPage()],
    ["docs/openapi.json", await openApi()],
    ...providerPages(),
  ];
}

const REASONS = "<!-- reasons: made by `npm run docs` -->";

/** By hand, but for the reasons, which stand between two marks. */
async function decisionsPage(): Promise<string> {
  const [before, , after] = (await readFile(join(ROOT, "docs/decisions.md"), "utf8")).split(REASONS);
  if (before === undefined || after === undefined) throw new Error("docs/decisions.md lacks its two marks");
  const reasons = table(
    ["`context.reason`", "`decision`", "because"],
    Object.entries(EVALUATION_REASONS).map(([reason, why]) => [
      code(reason),
      String(reason === "granted"),
      why,
    ]),
  );
  return [before, `\n${reasons}\n`, after].join(REASONS);
}

function errorsPage(): string {
  return `${NOTE}
# Errors

## Why an exchange was refused

The caller of the token endpoint gets the standard's coarse code, one neutral sentence, and an \`error_uri\`: the receipt
([receipts.md](receipts.md)), for whoever may read the account. The exact reason stands there and in the account's audit
event (\`GET /v1/projects/{project}/audit-events?outcome=refused\`), as \`reason\` with a \`detail\`. A
\`client_id\` that names no account belongs to no project: the operator reads it at \`GET /v1/audit-events\`.

${table(
  ["reason", "meaning"],
  Object.entries(EXCHANGE_REASONS).map(([reason, meaning]) => [code(reason), meaning]),
)}

| what was wrong | token exchange | jwt-bearer | client credentials |
| --- | --- | --- | --- |
| the token, its trust, the account | 400 \`invalid_request\` (RFC 8693 s2.2.2) | 400 \`invalid_grant\` (RFC 7523 s3.1) | 401 \`invalid_client\` (RFC 7523 s3.2) |
| audience or resource | 400 \`invalid_target\` (RFC 8707 s2) | the same | the same |
| scope | 400 \`invalid_scope\` | the same | the same |
| the issuer does not answer, or we cannot decide | 503 \`temporarily_unavailable\`, \`Retry-After\` | the same | the same |
| a parameter is missing, repeated or malformed | 400 \`invalid_request\` | the same | the same |
| another grant type | 400 \`unsupported_grant_type\` | | |
| Basic authentication, or a client secret | 401 \`invalid_client\` | the same | the same |
| another method, a form beyond 128 KiB | 405 with \`Allow\`, 413; both \`invalid_request\` | the same | the same |

## What lint finds in a trust

Refused with 400 \`invalid_body\`, or with 409 \`not_acknowledged\` until \`"acknowledge": ["code"]\` says that it is meant.

${table(
  ["code", "meaning"],
  Object.entries(LINT_CODES).map(([name, meaning]) => [code(name), meaning]),
)}

## Problems of \`/v1\`

\`application/problem+json\` (RFC 9457) with a stable \`code\`, a \`detail\` that says what to do, the \`requestId\` of the
record, and for a bad body one entry in \`errors\` per member, each with its JSON Pointer.

${table(
  ["code", "status", "title"],
  Object.entries(PROBLEMS).map(([name, { status, title }]) => [code(name), String(status), title]),
)}
`;
}

function permissionsPage(): string {
  const roles = Object.entries(BUILT_IN_ROLES);
  const holds = (permission: string) => roles.map(([, role]) => (gives(role, permission) ? "x" : ""));
  const rows = Object.entries(PERMISSIONS).map(([permission, meaning]) => [
    code(permission),
    meaning,
    ...holds(permission),
  ]);
  const names = roles.map(([name]) => name);
  return `${NOTE}
# Roles and permissions

A permission lets you call a verb of \`/v1\`, or a few that tell the same (members are told to who may read role
bindings), or ask at \`/access\` ([decisions.md](decisions.md)); or it is whatever an API registered as its own. A role is
a set of them; a role binding gives it to somebody on something: [access.md](access.md). A permission in no role is the
operator's, who has the bootstrap token.

## The roles that every project has

${table(
  ["role", "what for"],
  roles.map(([name, { title }]) => [code(name), title]),
)}

## What they hold

${table(["permission", "lets you", ...names], [...rows, ["*any of the project's APIs*", "Use an API", ...holds("api:any")]])}
`;
}

const SEE = /@see ([^\n*]+)/g;
const CLAUSE =
  /\b((?:RFC \d+|OpenID Connect [A-Za-z]+ 1\.0|AuthZEN Authorization API 1\.0|NIST SP \d+-\d+\w|CVE-\d+-\d+))(?: s([\d.]+))?/g;

/** Which clause of which standard is kept where, from the `@see` of the code itself. */
async function standardsPage(): Promise<string> {
  const files = new Map<string, Set<string>>();
  for await (const path of glob("src/**/*.ts", { cwd: ROOT })) {
    const source = await readFile(join(ROOT, path), "utf8");
    for (const [, text = ""] of source.matchAll(SEE)) {
      for (const [, standard = "", section] of text.matchAll(CLAUSE)) {
        const clause = section === undefined ? standard : `${standard} s${section.replace(/\.$/, "")}`;
        files.set(clause, (files.get(clause) ?? new Set()).add(path));
      }
    }
  }
  const order = new Intl.Collator("en", { numeric: true });
  const rows = [...files]
    .sort(([one], [other]) => order.compare(one, other))
    .map(([clause, paths]) => [
      clause,
      [...paths]
        .sort()
        .map((path) => `[${path}](../${path})`)
        .join(", "),
    ]);
  return `${NOTE}
# Standards

Each clause that the code names, and where it is kept.

${table(["clause", "where"], rows)}
`;
}

async function openApi(): Promise<string> {
  // The document says nothing of the rest of `deps`: nothing is served here.
  const deps = { config: { issuerUrl: "https://sts.example.com" } } as Deps;
  const response = await v1Routes(deps).request("/openapi.json");
  return `${JSON.stringify(await response.json(), null, 2)}\n`;
}

async function outOfStep(pages: readonly Page[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [path, text] of pages) {
    const known = existsSync(join(ROOT, path)) ? await readFile(join(ROOT, path), "utf8") : "";
    if (known !== text) faults.push(`${path} is out of step with the code: run npm run docs`);
  }
  return faults;
}

const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)/g;

async function deadLinks(): Promise<readonly string[]> {
  const faults: string[] = [];
  for await (const path of glob("{*.md,docs/**/*.md,examples/**/*.md}", { cwd: ROOT })) {
    const text = await readFile(join(ROOT, path), "utf8");
    for (const [, target = ""] of text.matchAll(LINK)) {
      if (!existsSync(join(ROOT, dirname(path), target)))
        faults.push(`${path} links to ${target}, which is not there`);
    }
  }
  return faults;
}

await main();
