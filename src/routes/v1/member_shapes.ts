import { z } from "@hono/zod-openapi";
import { pageQuery } from "./primitives.ts";
import { principalItem, roleBindingItem } from "./role_binding_shapes.ts";

/** A page token names a principal, whose name may be 512 characters of any script. */
const PAGE_TOKEN_MAX_CHARACTERS = 8192;

export const memberQuery = pageQuery.extend({
  pageToken: z.string().min(1).max(PAGE_TOKEN_MAX_CHARACTERS).optional(),
});

export const memberItem = z
  .object({
    principal: principalItem.extend({
      name: z.string().nullable().optional(),
      email: z.string().nullable().optional(),
      identityProviderName: z.string().nullable().optional(),
    }),
    bindings: z.array(
      z.object({
        id: roleBindingItem.shape.id,
        role: roleBindingItem.shape.role,
        roleId: roleBindingItem.shape.roleId,
        effect: roleBindingItem.shape.effect,
        resource: roleBindingItem.shape.resource,
        condition: roleBindingItem.shape.condition,
      }),
    ),
    more: z.boolean().openapi({ description: "Whether there are more bindings than the first hundred." }),
  })
  .openapi("Member");
