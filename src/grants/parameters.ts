import {
  CLIENT_ASSERTION_TYPES,
  type GrantType,
  type OAuthErrorCode,
  type Result,
  refuse,
} from "../protocol/index.ts";

/** The form as it arrived, parsed once: no parameter twice, empty ones left out. */
export interface TokenParameters {
  readonly single: ReadonlyMap<string, string>;
  readonly audience: readonly string[];
  readonly resource: readonly string[];
}

/** What every grant comes down to: a JWT, shown for one account, for a purpose. */
export interface Presentation {
  readonly grantType: GrantType;
  readonly jwt: string;
  /** E-mail or id, as `client_id` named it; undefined where the token itself has to name it. */
  readonly serviceAccount: string | undefined;
  /** `audience` and `resource` together, each once. */
  readonly targets: readonly string[];
  readonly scope: readonly string[];
  /** Why one acts as another, for the record; ours, in no standard. */
  readonly reason: string | undefined;
  /** Answered by a token exchange: what was asked for. */
  readonly issuedTokenType: string | undefined;
  /** The STACKIT SDKs read `refresh_token` without asking whether it is there. */
  readonly wantsEmptyRefreshToken: boolean;
  /** An ID token may be a person's, who acts as the account. */
  readonly mayBePerson: boolean;
  /** Only to be told what would become of it; ours, in no standard. */
  readonly isDryRun: boolean;
}

/** A request that names no JWT or no account: nobody's record, just the caller's mistake. */
export interface ParameterRefusal {
  readonly error: OAuthErrorCode;
  readonly description: string;
}

/** What a grant type makes of its own parameters; the rest is the same for all. */
export type Presented = Result<
  Pick<Presentation, "jwt"> &
    Partial<Pick<Presentation, "issuedTokenType" | "wantsEmptyRefreshToken" | "mayBePerson">>,
  ParameterRefusal
>;

/**
 * The JWT of a parameter. STACKIT's SDKs send the file's last newline along, so line ends around it are dropped.
 */
export function jwtOf(parameters: TokenParameters, name: string): string | undefined {
  const value = parameters.single.get(name);
  if (value === undefined) return undefined;
  let [begin, end] = [0, value.length];
  while (begin < end && isLineEnd(value[begin])) begin++;
  while (end > begin && isLineEnd(value[end - 1])) end--;
  return value.slice(begin, end);
}

const ASSERTION_TYPES: readonly string[] = Object.values(CLIENT_ASSERTION_TYPES);

/** The JWT by which a client says who it is; `false` when its type is none that we take. @see RFC 7521 s4.2 */
export function clientAssertionOf(parameters: TokenParameters): string | undefined | false {
  const jwt = jwtOf(parameters, "client_assertion");
  const type = parameters.single.get("client_assertion_type");
  return jwt === undefined || ASSERTION_TYPES.includes(type ?? "") ? jwt : false;
}

export const INVALID_ASSERTION_TYPE = `client_assertion_type must be one of ${ASSERTION_TYPES.join(", ")}.`;

function isLineEnd(character: string | undefined): boolean {
  return character === "\n" || character === "\r";
}

export function invalidParameter(description: string): {
  readonly ok: false;
  readonly refusal: ParameterRefusal;
} {
  return refuse({ error: "invalid_request", description });
}
