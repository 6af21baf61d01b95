import { z } from "@hono/zod-openapi";
import { PERMISSIONS_MAX } from "../../protocol/index.ts";
import { id, line, name, permissionName, projectParams, ref, stamps } from "./primitives.ts";

/** The shapes of roles: what is accepted, and what is answered. */

const permissions = z
  .array(permissionName)
  .min(1)
  .max(PERMISSIONS_MAX)
  .openapi({ example: ["orders:write"] });

export const roleInput = z
  .strictObject({ name, description: line(256).optional(), permissions })
  .openapi("RoleInput", { example: { name: "deployer", permissions: ["orders:write"] } });

export const roleChange = z
  .strictObject({
    name: name.optional(),
    description: line(256).nullish(),
    permissions: permissions.optional(),
  })
  .openapi("RoleChange");

export const roleItem = z
  .object({
    id,
    projectId: id,
    name: z.string(),
    description: z.string().nullable(),
    permissions: z.array(z.string()),
    ...stamps,
  })
  .openapi("Role");

export const rolePage = z.object({
  items: z.array(roleItem),
  nextPageToken: z.string().optional(),
  builtIn: z
    .array(roleItem.pick({ name: true, description: true, permissions: true }))
    .openapi({ description: "The roles that every project has; * holds every permission of its APIs." }),
});

export const roleParams = projectParams.extend({ id: ref("id") });
