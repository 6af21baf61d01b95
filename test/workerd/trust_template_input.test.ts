import { beforeAll, describe, expect, it } from "vitest";
import { TEMPLATES } from "../../src/trust/templates/index.ts";
import { startService } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { addTrust, faultsOf, GITHUB, type GivenAccount, givenAccount, type IssuerKey } from "./trust_kit.ts";

const service = startService();
let home: GivenAccount;
let key: IssuerKey;
beforeAll(async () => {
  [home, key] = await Promise.all([givenAccount(service), newIssuerKey()]);
});

const PARAMETERS = { repositoryOwnerId: "4242", repositoryId: "777001" };
const ASSERTED = [
  { item: "repository_owner_id", operator: "equals", value: "4242" },
  { item: "repository_id", operator: "equals", value: "777001" },
];

describe("GET /v1/trust-templates", () => {
  it("lists all of them, to everybody, with our own URL in what is to be pasted", async () => {
    const response = await service.fetch("/v1/trust-templates");
    expect(response.status).toBe(200);
    const { items } = (await response.json()) as { items: Record<string, never>[] };
    expect(items.map(({ name }) => name)).toEqual(TEMPLATES.map(({ name }) => name));
    expect(JSON.stringify(items)).not.toContain("<issuerUrl>");
    expect(JSON.stringify(items)).toContain(service.url);
    for (const item of items) {
      const one = await service.fetch(`/v1/trust-templates/${item.name}`);
      expect(await one.json()).toEqual(item);
    }
  });

  it.each(["nothing", "__proto__", "GitHub", "github/", "constructor"])("there is no %s", async (name) => {
    const { status } = await service.fetch(`/v1/trust-templates/${encodeURIComponent(name)}`);
    expect(status).toBe(404);
  });
});

describe("a trust by template", () => {
  it("takes its name, unless the caller says another", async () => {
    const { providers } = await givenAccount(service);
    const body = { template: "github", parameters: PARAMETERS };
    const first = await service.call("POST", providers, body);
    expect([first.status, first.body.name, first.body.issuer]).toEqual([201, "github", GITHUB]);
    const again = await service.call("POST", providers, body);
    expect([again.status, again.body.code]).toEqual([409, "name_taken"]);
    const named = await service.call("POST", providers, { ...body, name: "ci" });
    expect([named.status, named.body.name, named.body.template]).toEqual([201, "ci", "github"]);
  });

  it("has the caller's assertions behind its own, and his word on how it judges", async () => {
    const more = { item: "ref", operator: "glob", value: "refs/tags/v*" };
    const said = { singleUse: false, maxTokenAge: 120, leeway: 0, mode: "shadow", tokenLifetime: 600 };
    const { made } = await addTrust(service, home, {
      template: "github",
      parameters: PARAMETERS,
      assertions: [more],
      ...said,
    });
    expect(made.body).toMatchObject(said);
    expect(made.body.assertions.slice(0, 2)).toEqual(ASSERTED);
    expect(made.body.assertions.at(-1)).toEqual(more);
  });

  it("leaves out the assertions of parameters that are left out", async () => {
    const { made } = await addTrust(service, home, { template: "github", parameters: PARAMETERS });
    expect(made.body.assertions.map(({ item }: { item: string }) => item)).toEqual([
      "repository_owner_id",
      "repository_id",
      "event_name",
    ]);
  });

  it("is plain from then on: a later change knows no template", async () => {
    const { path } = await addTrust(service, home, { template: "github", parameters: PARAMETERS });
    const changed = await service.call("PATCH", path, { parameters: { ref: "refs/heads/main" } });
    expect(faultsOf(changed)).toEqual(["400 invalid_body", "/parameters unknown_member"]);
    const renamed = await service.call("PATCH", path, { name: "plain" });
    expect(renamed.body).toMatchObject({ name: "plain", template: "github" });
  });

  it("what was shown can be sent back as it is", async () => {
    const { made, path } = await addTrust(service, home, { template: "github", parameters: PARAMETERS });
    const { issuer, assertions, singleUse, mode } = made.body;
    const again = await service.call("PATCH", path, { issuer, assertions, singleUse, mode });
    expect([again.status, again.body.assertions]).toEqual([200, assertions]);
  });
});

describe("refused", () => {
  const github = { template: "github", parameters: PARAMETERS };
  const parameters = (more: Record<string, unknown>) => ({
    template: "github",
    parameters: { ...PARAMETERS, ...more },
  });
  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ["an unknown template", { template: "githbu", parameters: {} }, ["/template unknown_template"]],
    ["a template's title", { template: "GitHub Actions", parameters: {} }, ["/template unknown_template"]],
    ["a prototype's member as template", { template: "constructor" }, ["/template unknown_template"]],
    ["an empty template", { template: "" }, ["/template too_small"]],
    ["a template that is null", { template: null }, ["/template invalid_type"]],
    [
      "a missing parameter",
      { template: "github", parameters: { repositoryId: "777001" } },
      ["/parameters/repositoryOwnerId required"],
    ],
    [
      "no parameters at all",
      { template: "github" },
      ["/parameters/repositoryOwnerId required", "/parameters/repositoryId required"],
    ],
    ["an unknown parameter", parameters({ colour: "red" }), ["/parameters/colour unknown_member"]],
    [
      "an inherited name as parameter",
      parameters({ constructor: "x" }),
      ["/parameters/constructor unknown_member"],
    ],
    ["a number", parameters({ repositoryId: 777001 }), ["/parameters/repositoryId invalid_type"]],
    [
      "a name for an id",
      parameters({ repositoryId: "acme/shop" }),
      ["/parameters/repositoryId invalid_format"],
    ],
    ["a star for an id", parameters({ repositoryId: "*" }), ["/parameters/repositoryId invalid_format"]],
    [
      "an id and a new line",
      parameters({ repositoryId: "1\n" }),
      ["/parameters/repositoryId invalid_format"],
    ],
    ["a short ref", parameters({ ref: "main" }), ["/parameters/ref invalid_format"]],
    [
      "an issuer by a parameter",
      parameters({ enterprise: "acme/../evil" }),
      ["/parameters/enterprise invalid_format"],
    ],
    [
      "all that is wrong at once",
      { template: "github", parameters: { repositoryId: "x", ref: "main", colour: "red" } },
      [
        "/parameters/repositoryOwnerId required",
        "/parameters/repositoryId invalid_format",
        "/parameters/ref invalid_format",
        "/parameters/colour unknown_member",
      ],
    ],
    ["an issuer beside a template", { ...github, issuer: GITHUB }, ["/issuer unknown_member"]],
    [
      "parameters without a template",
      { name: "x", issuer: GITHUB, assertions: ASSERTED, parameters: PARAMETERS },
      ["/parameters unknown_member"],
    ],
    [
      "neither a template nor a trust",
      {},
      ["/name invalid_type", "/issuer invalid_type", "/assertions invalid_type"],
    ],
    ["a trust without an issuer", { name: "x", assertions: ASSERTED }, ["/issuer invalid_type"]],
    [
      "a star where a template compares",
      parameters({ environment: "prod*" }),
      ["/assertions/2/value wildcard"],
    ],
    [
      "more assertions beside it than could be sent back",
      { ...github, assertions: Array.from({ length: 50 }, (_, at) => ({ ...ASSERTED[0], item: `c${at}` })) },
      ["/assertions too_big"],
    ],
    [
      "an assertion beside it that contradicts it",
      { ...github, assertions: [{ item: "repository_id", operator: "equals", value: "1" }] },
      ["/assertions/3 contradiction"],
    ],
  ])("%s", async (_name, body, faults) => {
    const answer = await service.call("POST", home.providers, body);
    expect(faultsOf(answer)).toEqual(["400 invalid_body", ...faults]);
  });

  it("a cluster's own issuer without its keys is refused, with them it is stored", async () => {
    const parameters = { namespace: "shop", serviceAccountName: "web" };
    const bare = { template: "kubernetes-in-cluster", parameters };
    const refused = await service.call("POST", home.providers, bare);
    expect(faultsOf(refused)).toEqual(["400 invalid_body", "/issuer issuer_not_allowed"]);
    const jwks = { keys: [key.jwk] };
    expect((await service.call("POST", home.providers, { ...bare, jwks })).status).toBe(201);
  });
});
