import type { Context } from "../deps.ts";
import { accept, type Result, refuse } from "../protocol/index.ts";
import { audiencesOf, authorize, isPath, isPermission, type Place } from "../rbac/index.ts";
import type { EvaluationResource } from "./evaluation.ts";
import type { EvaluationFacts, ServerFact } from "./facts.ts";

/** What a question is about, which its asker may ask. */
export interface AskedResource {
  readonly place: Place;
  /** Where it is an API; else it is ours. */
  readonly server: ServerFact | undefined;
  readonly knows: (action: string) => boolean;
}

type Found = Result<AskedResource, "not_found" | "ambiguous">;
const NOT_FOUND: Found = refuse("not_found");

/** Finds what is meant. What is not there is told no other than what is not the asker's to ask about. Pure. */
export function askedResourceOf(facts: EvaluationFacts, resource: EvaluationResource): Found {
  switch (resource.type) {
    case "project": {
      const found = facts.projects.find(({ id, name }) => id === resource.ref || name === resource.ref);
      return found === undefined ? NOT_FOUND : own(facts, { projectId: found.id });
    }
    case "service_account": {
      const found = facts.accounts.find(({ id, email }) => id === resource.ref || email === resource.ref);
      if (found === undefined) return NOT_FOUND;
      return own(facts, { projectId: found.projectId, serviceAccountId: found.id });
    }
    case "resource_server":
      return apiOf(facts, resource);
    case "other":
      return NOT_FOUND;
  }
}

function own({ context }: EvaluationFacts, place: Place): Found {
  return mayAsk(context, place) ? accept({ place, server: undefined, knows: isPermission }) : NOT_FOUND;
}

function mayAsk(context: Context, place: Place): boolean {
  return authorize(context, "access-evaluations:create", place).ok;
}

interface Cut {
  readonly server: ServerFact;
  readonly path: string;
}

function apiOf(
  { context, servers }: EvaluationFacts,
  { ref, path }: Extract<EvaluationResource, { type: "resource_server" }>,
): Found {
  const named = servers.find(({ id }) => id === ref);
  const cuts = named === undefined ? cutsOf(context, servers, ref) : [{ server: named, path: "" }];
  const [found, ...others] = cuts.filter(({ server }) => mayAskAbout(context, server));
  if (found === undefined) return NOT_FOUND;
  if (others.length > 0) return refuse("ambiguous");
  const { id, projectId, permissions } = found.server;
  const whole = `${found.path}${path}`;
  if (!isPath(whole)) return NOT_FOUND;
  return accept({
    place: { projectId, resourceServerId: id, path: whole },
    server: found.server,
    knows: (action) => permissions.some(({ name }) => name === action),
  });
}

/** The account that an API names asks for the API itself. */
function mayAskAbout(context: Context, { id, projectId, serviceAccountId }: ServerFact): boolean {
  const { actor } = context;
  if (actor.type === "service_account" && actor.id === serviceAccountId) return true;
  return mayAsk(context, { projectId, resourceServerId: id });
}

/**
 * Of each project the API that the URI belongs to, as for a token: the longest audience. Any project may register any
 * audience, so for an account a URI means its own project's, lest another one answer for it.
 */
function cutsOf({ actor }: Context, servers: readonly ServerFact[], uri: string): readonly Cut[] {
  const byProject = new Map<string, Cut>();
  for (const { audience, path } of audiencesOf(uri)) {
    for (const server of servers.filter((one) => one.audience === audience)) {
      const isForeign = actor.type === "service_account" && actor.projectId !== server.projectId;
      if (!isForeign && !byProject.has(server.projectId)) byProject.set(server.projectId, { server, path });
    }
  }
  return [...byProject.values()];
}
