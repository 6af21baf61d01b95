import type { Deps } from "../../deps.ts";
import { accept, notFound } from "../../protocol/index.ts";
import { TEMPLATES, type TrustTemplate, templateOf } from "../../trust/index.ts";
import { answerJson } from "./answers.ts";
import { mount, nothing, type V1Routes } from "./endpoint.ts";
import { pageAnswer } from "./responses.ts";
import { templateParams, trustTemplateItem } from "./trust_template_shapes.ts";

const tag = "trust templates";

const list = {
  method: "get",
  path: "/v1/trust-templates",
  tag,
  permission: null,
  isPublic: true,
  summary: "List the kinds of issuers that we know, with what each trust needs",
  params: nothing,
  answer: pageAnswer("All of them", trustTemplateItem),
} as const;
const get = {
  method: "get",
  path: "/v1/trust-templates/{template}",
  tag,
  permission: null,
  isPublic: true,
  summary: "Get a trust template",
  params: templateParams,
  answer: { status: 200, description: "The template", schema: trustTemplateItem },
} as const;

export function trustTemplateRoutes(routes: V1Routes, deps: Deps): void {
  const itemOf = (template: TrustTemplate) => itemWith(template, deps.config.issuerUrl);
  mount(routes, deps, list, async (c) => answerJson(c, accept({ items: TEMPLATES.map(itemOf) })));
  mount(routes, deps, get, async (c, { params }) => {
    const template = templateOf(params.template);
    return answerJson(c, template === undefined ? notFound("trust template") : accept(itemOf(template)));
  });
}

/** A template as it is answered, with our URL in the lines to paste. */
function itemWith(template: TrustTemplate, issuerUrl: string) {
  const { name, title, description, issuer, isShared, assertions, notes, sample, pipeline } = template;
  return {
    name,
    title,
    description,
    issuer,
    isShared,
    parameters: parametersOf(template),
    assertions,
    singleUse: template.singleUse ?? false,
    maxTokenAge: template.maxTokenAge ?? null,
    sharedAudience: template.sharedAudience ?? null,
    pipeline: { ...pipeline, text: pipeline.text.replaceAll("<issuerUrl>", issuerUrl) },
    notes,
    sample,
  };
}

function parametersOf({ parameters }: TrustTemplate) {
  const items = Object.entries(parameters).map(([name, parameter]) => {
    const { description, example, isRequired = false, pattern, fallback = null } = parameter;
    return [
      name,
      { description, example, required: isRequired, pattern: pattern?.source ?? null, default: fallback },
    ];
  });
  return Object.fromEntries(items);
}
