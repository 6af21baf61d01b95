import { breadthOf } from "../../src/advice/index.ts";
import { expandTemplate, TEMPLATES, type TrustTemplate } from "../../src/trust/index.ts";
import { SAMPLES } from "../../test/unit/trust/templates/samples.ts";
import { code, fenced, NOTE, type Page, table } from "./markdown.ts";

const ISSUER_URL = "https://sts.example.com";
const SERVICE_ACCOUNT = "deployer-1a2b3c4@sa.example.com";

/** A page for each kind of issuer, from the template that the service itself expands, and one that lists them. */
export function providerPages(): readonly Page[] {
  const pages = TEMPLATES.map((template): Page => [`docs/providers/${template.name}.md`, pageOf(template)]);
  return [["docs/providers/README.md", overview()], ...pages];
}

function overview(): string {
  const rows = TEMPLATES.map(({ name, title, issuer, isShared }) => [
    `[${title}](${name}.md)`,
    code(name),
    code(issuer),
    isShared ? "all its customers" : "one tenant",
  ]);
  return `${NOTE}
# Providers

What to send, and the lines to paste. A template comes to a plain trust that anybody could have written: it is stored and
shown as assertions. \`GET /v1/trust-templates\` answers the same. An issuer that is not here: [federation](../federation.md).

${table(["provider", "template", "issuer", "signs for"], rows)}
`;
}

function pageOf(template: TrustTemplate): string {
  const { name, title, description, pipeline, notes, sources } = template;
  const uploaded = name === "kubernetes-in-cluster" ? { jwks: { keys: ["..."] } } : {};
  const body = JSON.stringify({ template: name, parameters: requiredOf(template), ...uploaded }, null, 2);
  return `${NOTE}
# ${title}

${description} Template: ${code(name)}.

## 1. Let the account trust it

${fenced(
  "sh",
  `curl -sS ${ISSUER_URL}/v1/projects/shop/service-accounts/deployer/federated-identity-providers \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '${body}'`,
)}

${table(["parameter", "", "example"], parameterRows(template))}

With all parameters it lets in **${breadthWords(template)}**, and is stored as

${fenced("json", storedAs(template))}

## 2. Paste this

${code(pipeline.file)}:

${fenced(pipeline.language, filledIn(pipeline.text, template))}

${code(SERVICE_ACCOUNT)} stands for the account's e-mail. \`ACCESS_TOKEN\` is for this service; send \`audience\` along for an API
of yours ([federation](../federation.md)). Refused? The answer's \`error_uri\` is the receipt that says why
([receipts](../receipts.md)).

## What is refused

Each by a test, with everything else as above.

${table(["a token of", "fails at"], neighbourRows(template))}

## Know

${notes.map((note) => `- ${note}`).join("\n")}

Facts: ${sources.join("; ")}.
`;
}

function requiredOf({ parameters }: TrustTemplate): Readonly<Record<string, string>> {
  const required = Object.entries(parameters).filter(([, { isRequired }]) => isRequired);
  return Object.fromEntries(required.map(([name, { example }]) => [name, example]));
}

function examplesOf({ parameters }: TrustTemplate): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { example }]) => [name, example]));
}

function parameterRows({ parameters }: TrustTemplate): readonly (readonly string[])[] {
  return Object.entries(parameters).map(([name, { description, example, isRequired, fallback }]) => {
    const optional = fallback === undefined ? "Optional. " : `${code(fallback)} without it. `;
    return [code(name), `${isRequired ? "" : optional}${description}`.replaceAll("|", "\\|"), code(example)];
  });
}

function expanded(template: TrustTemplate) {
  const judged = expandTemplate(template, examplesOf(template));
  if (!judged.ok) throw new Error(`${template.name}: ${JSON.stringify(judged.refusal)}`);
  return judged.value;
}

function breadthWords(template: TrustTemplate): string {
  return breadthOf(expanded(template));
}

function storedAs(template: TrustTemplate): string {
  const { issuer, assertions, singleUse, maxTokenAge } = expanded(template);
  const lines = assertions.map((assertion) => `    ${JSON.stringify(assertion)}`);
  const more = [
    ...(singleUse ? ['  "singleUse": true'] : []),
    ...(maxTokenAge === null ? [] : [`  "maxTokenAge": ${maxTokenAge}`]),
  ];
  const members = [
    `  "issuer": ${JSON.stringify(issuer)}`,
    `  "assertions": [\n${lines.join(",\n")} ]`,
    ...more,
  ];
  return `{\n${members.join(",\n")} }`;
}

function filledIn(text: string, template: TrustTemplate): string {
  const values: Readonly<Record<string, string>> = {
    ...examplesOf(template),
    issuerUrl: ISSUER_URL,
    serviceAccount: SERVICE_ACCOUNT,
  };
  return text.replaceAll(/<([A-Za-z]+)>/g, (whole, name: string) => values[name] ?? whole);
}

function neighbourRows(template: TrustTemplate): readonly (readonly string[])[] {
  const samples = SAMPLES.find((one) => one.template.name === template.name);
  return (samples?.neighbours ?? []).map(({ name, refusedBy }) => [
    name.replaceAll("|", "\\|"),
    code(refusedBy),
  ]);
}
