import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import { getSigningKeys, rotateSigningKeys } from "../../directory/index.ts";
import { accept } from "../../protocol/index.ts";
import { renderProblem } from "../problem.ts";
import { answerJson } from "./answers.ts";
import { mount, nothing, type V1Routes } from "./endpoint.ts";
import { signingKeyItem } from "./signing_key_shapes.ts";

const tag = "signing keys";

export function signingKeyRoutes(routes: V1Routes, deps: Deps): void {
  mount(
    routes,
    deps,
    {
      method: "get",
      permission: "signing-keys:read",
      path: "/v1/signing-keys",
      tag,
      summary: "The states of our signing keys",
      params: nothing,
      answer: {
        status: 200,
        description: "All published keys",
        schema: z.object({ items: z.array(signingKeyItem) }),
      },
    },
    async (c, { context }) => {
      const keys = await getSigningKeys(context);
      return answerJson(c, keys.ok ? accept({ items: keys.value }) : keys);
    },
  );
  mount(
    routes,
    deps,
    {
      method: "post",
      permission: "signing-keys:rotate",
      path: "/v1/signing-keys/rotate",
      tag,
      summary: "Publish the signing key's successor",
      params: nothing,
      answer: [
        { status: 201, description: "The successor", schema: signingKeyItem },
        { status: 200, description: "The successor, which waited already", schema: signingKeyItem },
      ],
    },
    async (c, { context }) => {
      const rotated = await rotateSigningKeys(context);
      if (!rotated.ok) return renderProblem(c, rotated.refusal);
      c.header("Cache-Control", "no-store");
      return c.json(rotated.value.key, rotated.value.created ? 201 : 200);
    },
  );
}
