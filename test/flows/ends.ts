import { randomUUID } from "node:crypto";
import { type ForeignIssuer, githubClaims } from "../support/foreign_issuer.ts";
import { must, post, type Target } from "./clients.ts";
import { givenImpersonator, type Impersonator, keyFlow } from "./impersonator.ts";

/** One account with a credential of each kind, in a project of its own. */
export interface Stage {
  readonly target: Target;
  readonly issuer: ForeignIssuer;
  readonly projectPath: string;
  readonly accountPath: string;
  readonly account: { readonly id: string; readonly email: string };
  readonly key: { readonly id: string; readonly privateKey: string };
  readonly projectToken: { readonly id: string; readonly text: string };
  readonly trustId: string;
  /** Of the repository that the trust asks for, and of no other stage. */
  readonly repositoryId: string;
  /** Who may act as the account; nobody where no end is about him. */
  readonly impersonator: Impersonator | undefined;
}

/** By which credential an access token is got: the account's own, or of somebody who acts as it. */
export type Credential = "key" | "project token" | "trust" | "another's token" | "ID token";

/** One way to end a credential, or a token. */
export interface End {
  readonly name: string;
  readonly by: Credential;
  readonly end: (stage: Stage, accessToken: string) => Promise<unknown>;
  /** The recorded reason of the first exchange that is refused; undefined where what vouches goes on doing so. */
  readonly reason?: string;
  /** Members that account or key are made with. */
  readonly account?: () => Record<string, unknown>;
  readonly keyInput?: () => Record<string, unknown>;
  /** The access token ends by its own `exp`: nobody needs telling. */
  readonly hasExpired?: true;
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function givenStage(target: Target, issuer: ForeignIssuer, end: End): Promise<Stage> {
  const name = `p${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  await must(target, "POST", "/v1/projects", { name });
  const projectPath = `/v1/projects/${name}`;
  const input = { name: "deployer", ...end.account?.() };
  const made = await must(target, "POST", `${projectPath}/service-accounts`, input);
  const account = { id: String(made.id), email: String(made.email) };
  const accountPath = `${projectPath}/service-accounts/${account.id}`;
  const keyInput = { algorithm: "ED25519", ...end.keyInput?.() };
  const key = await must(target, "POST", `${accountPath}/keys`, keyInput);
  const token = await must(target, "POST", `${accountPath}/project-tokens`, { name: "nightly" });
  const repositoryId = randomUUID();
  const trust = await must(target, "POST", `${accountPath}/federated-identity-providers`, {
    name: "github-main",
    issuer: issuer.issuer,
    assertions: [{ item: "repository_id", operator: "equals", value: repositoryId }],
  });
  const { privateKey } = key.credentials as { privateKey: string };
  const isActedAs = end.by === "another's token" || end.by === "ID token";
  return {
    impersonator: isActedAs ? await givenImpersonator(target, projectPath) : undefined,
    target,
    issuer,
    projectPath,
    accountPath,
    account,
    key: { id: String(key.id), privateKey },
    projectToken: { id: String(token.id), text: String(token.token) },
    trustId: String(trust.id),
    repositoryId,
  };
}

/** What whoever wants a token shows for it, in place of an assertion. */
const SHOWN: Readonly<Record<Exclude<Credential, "key">, (stage: Stage) => string | Promise<string>>> = {
  "project token": ({ projectToken }) => projectToken.text,
  trust: ({ issuer, repositoryId, target }) =>
    issuer.token(githubClaims({ repository_id: repositoryId }), { audience: target.url }),
  "another's token": (stage) => impersonatorOf(stage).token,
  "ID token": (stage) => impersonatorOf(stage).staff.idToken("ada"),
};

function impersonatorOf({ impersonator }: Stage): Impersonator {
  if (impersonator === undefined) throw new Error("nobody acts as this account");
  return impersonator;
}

/** One exchange by this credential, as its workload makes it. */
export async function exchangeBy(stage: Stage, by: Credential) {
  const { target, account, key } = stage;
  if (by === "key") return keyFlow(target, account, key);
  return post(target, "/oauth/v2/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: await SHOWN[by](stage),
    subject_token_type: `urn:ietf:params:oauth:token-type:${by === "ID token" ? "id_token" : "jwt"}`,
    client_id: account.email,
  });
}

type Path = (stage: Stage) => string;
const keyPath: Path = ({ accountPath, key }) => `${accountPath}/keys/${key.id}`;
const tokenPath: Path = ({ accountPath, projectToken }) => `${accountPath}/project-tokens/${projectToken.id}`;
const trustPath: Path = ({ accountPath, trustId }) =>
  `${accountPath}/federated-identity-providers/${trustId}`;
const accountPath: Path = (stage) => stage.accountPath;
const projectPath: Path = (stage) => stage.projectPath;
const impersonatorPath: Path = (stage) => impersonatorOf(stage).path;
const impersonatorKeyPath: Path = (stage) => impersonatorOf(stage).keyPath;
const staffPath: Path = (stage) => impersonatorOf(stage).staff.path;
const withBindings =
  (path: Path): Path =>
  (stage) =>
    `${path(stage)}?cascade=true`;

const change =
  (path: Path, body: () => unknown, waitMs = 0) =>
  async (stage: Stage) => {
    await must(stage.target, "PATCH", path(stage), body());
    await pause(waitMs);
  };
const remove = (path: Path) => (stage: Stage) => must(stage.target, "DELETE", path(stage));
const inBulk = (criteria: (stage: Stage) => unknown) => async (stage: Stage) => {
  const made = await must(stage.target, "POST", `${stage.projectPath}/revocations`, criteria(stage));
  if (made.accessTokens !== 1) throw new Error(`it took ${made.accessTokens} access tokens, not 1`);
};
const leaked =
  (credential: (stage: Stage, accessToken: string) => string) => async (stage: Stage, token: string) =>
    must(stage.target, "POST", "/v1/leaked-credentials", { credentials: [credential(stage, token)] });
const revoked =
  (text: (stage: Stage, accessToken: string) => string) => async (stage: Stage, accessToken: string) => {
    const token = text(stage, accessToken);
    const { status } = await post(stage.target, "/oauth/v2/revoke", { token }, token);
    if (status !== 200) throw new Error(`revoke answered ${status}`);
  };
const off = () => ({ disabled: true });
const soon = 2;
/** Until an instant two seconds ahead has passed, whatever of its second had gone. */
const SOON_MS = 2_100;

export const ENDS: readonly End[] = [
  {
    name: "key switched off",
    by: "key",
    reason: "key_inactive",
    end: change(keyPath, () => ({ active: false })),
  },
  { name: "key deleted", by: "key", reason: "key_not_found", end: remove(keyPath) },
  {
    name: "key's validUntil, set later, has passed",
    by: "key",
    reason: "key_expired",
    end: change(keyPath, () => ({ validUntil: inSeconds(soon) }), SOON_MS),
  },
  {
    name: "key's validUntil, set at first, has passed",
    by: "key",
    reason: "key_expired",
    keyInput: () => ({ validUntil: inSeconds(4) }),
    end: () => pause(4_100),
    hasExpired: true,
  },
  { name: "key leaked", by: "key", reason: "key_inactive", end: leaked(({ key }) => key.privateKey) },
  {
    name: "project token revoked",
    by: "project token",
    reason: "project_token_revoked",
    end: remove(tokenPath),
  },
  {
    name: "project token made anew",
    by: "project token",
    reason: "project_token_revoked",
    end: (stage) => must(stage.target, "POST", `${tokenPath(stage)}/regenerate`),
  },
  {
    name: "project token revoked by RFC 7009",
    by: "project token",
    reason: "project_token_revoked",
    end: revoked(({ projectToken }) => projectToken.text),
  },
  {
    name: "project token leaked",
    by: "project token",
    reason: "project_token_revoked",
    end: leaked(({ projectToken }) => `TOKEN=${projectToken.text}\n`),
  },
  { name: "access token revoked by RFC 7009", by: "trust", end: revoked((_stage, token) => token) },
  { name: "access token leaked", by: "trust", end: leaked((_stage, token) => token) },
  { name: "trust disabled", by: "trust", reason: "issuer_not_trusted", end: change(trustPath, off) },
  { name: "trust deleted", by: "trust", reason: "issuer_not_trusted", end: remove(trustPath) },
  { name: "account disabled", by: "trust", reason: "account_disabled", end: change(accountPath, off) },
  { name: "account deleted", by: "key", reason: "account_not_found", end: remove(accountPath) },
  {
    name: "account's expiresAt, set later, has passed",
    by: "project token",
    reason: "account_expired",
    end: change(accountPath, () => ({ expiresAt: inSeconds(soon) }), SOON_MS),
  },
  {
    name: "account's expiresAt, set at first, has passed",
    by: "trust",
    reason: "account_expired",
    account: () => ({ expiresAt: inSeconds(4) }),
    end: () => pause(4_100),
    hasExpired: true,
  },
  { name: "project disabled", by: "key", reason: "project_disabled", end: change(projectPath, off) },
  { name: "project deleted", by: "trust", reason: "account_not_found", end: remove(projectPath) },
  {
    name: "bulk by account",
    by: "project token",
    reason: "project_token_revoked",
    end: inBulk(({ account }) => ({ serviceAccount: account.email })),
  },
  {
    name: "bulk by project",
    by: "project token",
    reason: "project_token_revoked",
    end: inBulk(() => ({ all: true })),
  },
  { name: "bulk by key", by: "key", end: inBulk(({ key }) => ({ keyId: key.id })) },
  {
    name: "bulk by trust",
    by: "trust",
    end: inBulk(({ trustId }) => ({ federatedIdentityProviderId: trustId })),
  },
  {
    name: "bulk by issuer",
    by: "trust",
    end: inBulk(({ issuer }) => ({ issuer: issuer.issuer, issuerKeyId: issuer.kid })),
  },
  {
    name: "bulk by a claim of its provenance",
    by: "trust",
    end: inBulk(({ repositoryId }) => ({ claims: [{ item: "repository_id", value: repositoryId }] })),
  },
  ...(
    [
      ["shown token revoked by RFC 7009", revoked((stage) => impersonatorOf(stage).token)],
      ["shown token leaked", leaked((stage) => impersonatorOf(stage).token)],
      ["impersonator disabled", change(impersonatorPath, off)],
      ["impersonator deleted", remove(withBindings(impersonatorPath))],
      ["impersonator's key switched off", change(impersonatorKeyPath, () => ({ active: false }))],
      ["impersonator's key deleted", remove(impersonatorKeyPath)],
    ] as const
  ).map(([name, end]) => ({ name, by: "another's token", reason: "own_token_rejected", end }) as const),
  {
    name: "identity provider disabled",
    by: "ID token",
    reason: "issuer_not_trusted",
    end: change(staffPath, off),
  },
  {
    name: "identity provider deleted",
    by: "ID token",
    reason: "issuer_not_trusted",
    end: remove(withBindings(staffPath)),
  },
];
