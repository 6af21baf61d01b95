import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Service } from "./harness.ts";
import { freshName } from "./token_holders.ts";

/** A key pair of an issuer's, and its public half as it is uploaded. */
export async function newIssuerKey(kid = "k1") {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
  return { kid, privateKey, jwk };
}

/** An identity provider whose keys are uploaded, and what signs as it. */
export async function givenIdentityProvider(service: Service, more: Record<string, unknown> = {}) {
  const key = await newIssuerKey();
  const name = freshName();
  const input = {
    name,
    issuer: `https://${name}.example.com`,
    audience: "countersign",
    jwks: { keys: [key.jwk] },
  };
  const created = await service.call("POST", "/v1/identity-providers", { ...input, ...more });
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  const { id, issuer, audience } = created.body;
  return {
    id: String(id),
    name,
    issuer: String(issuer),
    audience: String(audience),
    key,
    path: `/v1/identity-providers/${id}`,
    etag: created.headers.get("etag") ?? "",
    /** An ID token; a claim that is undefined is left out. */
    idToken: (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer, sub: "ada", aud: audience, iat: now, exp: now + 300, ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(all)))
        .setProtectedHeader({ alg: "ES256", kid: key.kid, ...header })
        .sign(key.privateKey);
    },
  };
}
export type GivenIdentityProvider = Awaited<ReturnType<typeof givenIdentityProvider>>;

export async function givenProject(service: Service) {
  const name = freshName();
  const { body } = await service.call("POST", "/v1/projects", { name });
  return {
    id: String(body.id),
    name,
    path: `/v1/projects/${name}`,
    bindings: `/v1/projects/${name}/role-bindings`,
  };
}

/** A binding's row, whatever the API would say of it. */
export async function givenBindingRow(projectId: string, row: Record<string, string | null>) {
  const id = crypto.randomUUID();
  const all: Record<string, unknown> = {
    id,
    project_id: projectId,
    principal_type: "person",
    built_in_role: "viewer",
    effect: "allow",
    resource_type: "project",
    resource_id: projectId,
    created_at: 1,
    updated_at: 1,
    ...row,
  };
  const columns = Object.keys(all);
  const insert = `INSERT INTO role_binding (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  await env.DB.prepare(insert)
    .bind(...Object.values(all))
    .run();
  return id;
}
