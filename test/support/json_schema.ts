/** Whether a value is what a schema of OpenAPI 3.1 says, as far as `/openapi.json` uses JSON Schema. */

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

type Components = Readonly<Record<string, JsonSchema>>;

/** What a keyword finds wrong with a value; nothing where it does not speak of such a value. */
type Check = (
  value: unknown,
  found: { readonly schema: JsonSchema; readonly components: Components; readonly at: string },
) => readonly string[];

const REF_PREFIX = "#/components/schemas/";
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

const says = (holds: boolean, at: string, what: string) => (holds ? [] : [`${at || "/"}: ${what}`]);

/**
 * Where a value differs from a schema. Stricter than JSON Schema in two ways: an object whose members are listed has
 * no others, and a keyword that is not known here is a fault, so that nothing passes unseen.
 */
export function faultsOf(
  value: unknown,
  schema: JsonSchema,
  components: Components,
  at = "",
): readonly string[] {
  return Object.keys(schema).flatMap((keyword) => {
    const check = CHECKS[keyword];
    return check === undefined
      ? [`${at || "/"}: no check knows the keyword ${keyword}`]
      : check(value, { schema, components, at });
  });
}

const annotation: Check = () => [];

/** Members beyond those that are listed. */
const others: Check = (value, { schema, components, at }) => {
  if (!isRecord(value)) return [];
  const known = Object.keys(asSchema(schema.properties ?? {}));
  return Object.entries(value)
    .filter(([name]) => !known.includes(name))
    .flatMap(([name, member]) =>
      isRecord(schema.additionalProperties)
        ? faultsOf(member, schema.additionalProperties, components, `${at}/${name}`)
        : [`${at}/${name}: is not described`],
    );
};

const CHECKS: Readonly<Record<string, Check>> = {
  description: annotation,
  example: annotation,
  default: annotation,
  // Judged with the type.
  additionalProperties: annotation,
  $ref: (value, { schema, components, at }) => faultsOf(value, targetOf(schema, components), components, at),
  allOf: (value, { schema, components, at }) =>
    faultsOf(value, together(schema.allOf as JsonSchema[], components), components, at),
  type: (value, found) => {
    const types = [found.schema.type].flat();
    const own = typesOf(value);
    const isOne = types.some((type) => own.includes(String(type)));
    return [...says(isOne, found.at, `is ${own[0]}, not ${types.join(" or ")}`), ...others(value, found)];
  },
  enum: (value, { schema, at }) =>
    says((schema.enum as unknown[]).includes(value), at, "is none of the enum"),
  format: (value, { schema, at }) => {
    if (schema.format !== "date-time") return [`${at}: no check knows the format ${schema.format}`];
    return typeof value === "string" ? says(INSTANT.test(value), at, "is no instant") : [];
  },
  pattern: (value, { schema, at }) =>
    typeof value === "string"
      ? says(new RegExp(String(schema.pattern), "u").test(value), at, "does not fit the pattern")
      : [],
  minLength: (value, { schema, at }) =>
    typeof value === "string" ? says(value.length >= Number(schema.minLength), at, "is too short") : [],
  maxLength: (value, { schema, at }) =>
    typeof value === "string" ? says(value.length <= Number(schema.maxLength), at, "is too long") : [],
  minimum: (value, { schema, at }) =>
    typeof value === "number" ? says(value >= Number(schema.minimum), at, "is too small") : [],
  maximum: (value, { schema, at }) =>
    typeof value === "number" ? says(value <= Number(schema.maximum), at, "is too large") : [],
  minItems: (value, { schema, at }) =>
    Array.isArray(value) ? says(value.length >= Number(schema.minItems), at, "has too few items") : [],
  maxItems: (value, { schema, at }) =>
    Array.isArray(value) ? says(value.length <= Number(schema.maxItems), at, "has too many items") : [],
  items: (value, { schema, components, at }) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => faultsOf(one, asSchema(schema.items), components, `${at}/${index}`))
      : [],
  required: (value, { schema, at }) =>
    isRecord(value)
      ? (schema.required as string[]).flatMap((name) => says(name in value, `${at}/${name}`, "is missing"))
      : [],
  properties: (value, { schema, components, at }) =>
    isRecord(value)
      ? Object.entries(asSchema(schema.properties)).flatMap(([name, member]) =>
          name in value ? faultsOf(value[name], asSchema(member), components, `${at}/${name}`) : [],
        )
      : [],
  anyOf: (value, { schema, components, at }) =>
    says(
      (schema.anyOf as JsonSchema[]).some((one) => faultsOf(value, one, components, at).length === 0),
      at,
      "is none of anyOf",
    ),
};

/** Several objects as one that has the members of all: apart, each would call the others' members undescribed. */
function together(parts: readonly JsonSchema[], components: Components): JsonSchema {
  const whole = parts.map((part) => ("$ref" in part ? targetOf(part, components) : part));
  return {
    type: "object",
    properties: Object.assign({}, ...whole.map(({ properties }) => properties)),
    required: whole.flatMap(({ required }) => required ?? []),
  };
}

function targetOf({ $ref }: JsonSchema, components: Components): JsonSchema {
  return asSchema(components[String($ref).slice(REF_PREFIX.length)]);
}

function typesOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  return Number.isInteger(value) ? ["integer", "number"] : [typeof value];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): JsonSchema {
  if (!isRecord(value)) throw new Error(`no schema: ${JSON.stringify(value)}`);
  return value;
}
