import type { ClaimAssertion } from "../../protocol/index.ts";

/** Claims as a token carries them. */
export type Claims = Readonly<Record<string, unknown>>;

/** One value that the caller fills in. */
export interface TemplateParameter {
  readonly description: string;
  /** One that fits; documents and tests use it. */
  readonly example: string;
  readonly isRequired?: true;
  /** Of the whole value; letters, digits and what names need without it. Linear in time: no nested repetition. */
  readonly pattern?: RegExp;
  /** Dropped around the value where they come in pairs: forms show UUIDs with and without braces. */
  readonly braces?: true;
  /** Taken when it is left out. */
  readonly fallback?: string;
}

/**
 * What to know of one kind of issuer, as data. In texts `<name>` stands for a parameter, and `[...]` is left out where a
 * parameter inside is. An assertion that needs a parameter which is left out is left out too.
 */
export interface TrustTemplate {
  /** Lower-case letters, digits and hyphens; the file is called so, with underscores. */
  readonly name: string;
  readonly title: string;
  /** One sentence: who signs, for whom. */
  readonly description: string;
  readonly issuer: string;
  /** Which issuers are of this kind, as globs; undefined where any URL may be one. */
  readonly issuerGlobs?: readonly string[];
  /** A claim that only tokens of this kind carry, where the issuer's URL does not tell. */
  readonly mark?: string;
  /** Whether one issuer signs for every customer, so that a trust without a tenant pin lets the world in. */
  readonly isShared: boolean;
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  readonly assertions: readonly ClaimAssertion[];
  /** Items that say whose the workload is, ids first: of a shared issuer one of them must be asserted. */
  readonly tenantItems: readonly string[];
  /** Names that may come to belong to somebody else, and the ids that do not: what is learned, and what lint advises. */
  readonly names: readonly { readonly item: string; readonly ids: readonly string[] }[];
  /** Items that name a person: no permission. */
  readonly personItems: readonly string[];
  /** Items that whoever runs the job may choose. */
  readonly chosenItems: readonly string[];
  /** Each token once; only where one job reads its own token. */
  readonly singleUse?: true;
  /** Seconds. */
  readonly maxTokenAge?: number;
  /** An audience that other services accept too: a token for it may be used there, and theirs here. */
  readonly sharedAudience?: string;
  /** What to paste, and where; `<issuerUrl>` is this service, `<serviceAccount>` the account's e-mail. */
  readonly pipeline: {
    readonly file: string;
    readonly language: "yaml" | "sh" | "hcl" | "ts";
    readonly text: string;
  };
  /** What goes wrong, and what to do about it; a sentence each. */
  readonly notes: readonly string[];
  /** Where the facts are from. */
  readonly sources: readonly string[];
  /** Claims of a token that its own parameters' examples let in; times and `jti` left out. */
  readonly sample: Claims;
}

/** A token of a neighbour, as a merge patch on the sample's claims, and why it is refused. Beside the template; tests run them. */
export interface Neighbour {
  readonly name: string;
  /** Merge patch: null takes a claim away. */
  readonly claims: Claims;
  /** The first item that does not hold; `iss` where the issuer is another. */
  readonly refusedBy: string;
}

/** Other tokens that the same trust has to let in, as merge patches on the sample's claims. */
export interface Variant {
  readonly name: string;
  readonly claims: Claims;
}

/** What tests run against one template. */
export interface Samples {
  readonly template: TrustTemplate;
  /** Besides the examples; undefined takes one away. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly variants: readonly Variant[];
  /** Ten at least. */
  readonly neighbours: readonly Neighbour[];
}
