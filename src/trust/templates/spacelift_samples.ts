import { SUB, spacelift } from "./spacelift.ts";
import type { Samples } from "./template.ts";

export const spaceliftSamples: Samples = {
  template: spacelift,
  parameters: { runType: undefined, scope: undefined },
  variants: [
    { name: "another run", claims: { runId: "01HQZ4B2M8Y1" } },
    { name: "its audience in a list", claims: { aud: ["acme.app.spacelift.io"] } },
  ],
  neighbours: [
    {
      name: "a pull request",
      claims: {
        runType: "PROPOSED",
        scope: "read",
        sub: SUB.replace("TRACKED:scope:write", "PROPOSED:scope:read"),
      },
      refusedBy: "runType",
    },
    {
      name: "a command that somebody typed",
      claims: { runType: "TASK", sub: SUB.replace("TRACKED", "TASK") },
      refusedBy: "runType",
    },
    { name: "the end of the stack", claims: { runType: "DESTROY" }, refusedBy: "runType" },
    { name: "another spelling", claims: { runType: "tracked" }, refusedBy: "runType" },
    { name: "no type", claims: { runType: null }, refusedBy: "runType" },
    {
      name: "still planning",
      claims: { scope: "read", sub: SUB.replace("write", "read") },
      refusedBy: "scope",
    },
    { name: "no scope", claims: { scope: null }, refusedBy: "scope" },
    {
      name: "a module of the stack's name",
      claims: { callerType: "module", sub: SUB.replace("stack", "module") },
      refusedBy: "callerType",
    },
    {
      name: "another stack of the space",
      claims: { callerId: "infra-dev", sub: SUB.replace("infra", "infra-dev") },
      refusedBy: "callerId",
    },
    { name: "a stack that is a number", claims: { callerId: 1 }, refusedBy: "callerId" },
    {
      name: "a stack of the same name in another space",
      claims: { spaceId: "legacy", sub: SUB.replace("shop-01HN0JE5", "legacy") },
      refusedBy: "spaceId",
    },
    { name: "a space whose id begins alike", claims: { spaceId: "shop-01HN0JE5X" }, refusedBy: "spaceId" },
    { name: "no space", claims: { spaceId: null }, refusedBy: "spaceId" },
    {
      name: "another account",
      claims: { iss: "https://mallory.app.spacelift.io", aud: "mallory.app.spacelift.io" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://acme.app.spacelift.io/" },
      refusedBy: "iss",
    },
    { name: "the audience as a URL", claims: { aud: "https://acme.app.spacelift.io" }, refusedBy: "aud" },
  ],
};
