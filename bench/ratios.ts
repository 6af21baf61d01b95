/** Which figures of a run are compared with which, and what is expected of them. */
import type { Pair } from "./contest.ts";
import type { CredentialPairs, FloorPairs } from "./contests.ts";
import type { LoadSample } from "./load.ts";
import type { Purge } from "./purge.ts";
import type { EvaluationPairs, RolePairs } from "./role_contests.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { TrustPairs } from "./trust_contests.ts";

/** Everything that one run measured. */
export interface Measured {
  readonly floor: FloorPairs;
  readonly credentials: CredentialPairs;
  readonly roles: RolePairs;
  readonly evaluations: EvaluationPairs;
  readonly trusts: TrustPairs;
  readonly scale: readonly Pair[];
  readonly expired: { readonly rows: number; readonly pairs: readonly Pair[] };
  readonly purge: Purge;
  readonly oidcProvider: readonly Pair[];
}

export type Figure = "perSecond" | "p50Ms" | "p99Ms";

export interface Ratio {
  /** Where the JSON has it. */
  readonly group: string;
  readonly name: string;
  readonly label: string;
  readonly spread: Spread;
  readonly target?: Target;
}

interface Target {
  readonly bound: number;
  readonly isLeast: boolean;
}

const atLeast = (bound: number): Target => ({ bound, isLeast: true });
const atMost = (bound: number): Target => ({ bound, isLeast: false });

/** The ratios in the order of the table. A ratio of rates is better when greater, one of latencies when smaller. */
export function ratiosOf(measured: Measured): readonly Ratio[] {
  const { floor, credentials, scale, expired, oidcProvider } = measured;
  const { busy, alone } = floor;
  const exchange = (name: string, label: string, what: [readonly Pair[], Figure], target?: Target) =>
    ratio("exchange", name, label, what, target);
  const tokens = expired.rows.toLocaleString("en");
  return [
    exchange("throughputVsFloor", "throughput, of the floor's", [busy, "perSecond"], atLeast(0.85)),
    exchange("p99VsFloor", "p99 latency, of the floor's", [busy, "p99Ms"], atMost(1.3)),
    exchange("p50VsFloor", "p50 latency, of the floor's", [busy, "p50Ms"]),
    exchange("p99VsFloorAlone", "p99 latency, one client, of the floor's", [alone, "p99Ms"]),
    exchange("p50VsFloorAlone", "p50 latency, one client, of the floor's", [alone, "p50Ms"]),
    ...ofCredential("keyFlow", "key flow", credentials.keyFlow),
    ...ofCredential("projectToken", "project token", credentials.projectToken),
    ...ofCredential("introspection", "introspection", credentials.introspection),
    ...ofCredential("introspectionByBootstrap", "by bootstrap token", credentials.introspectionByBootstrap),
    ...ofRoles(measured),
    ...ofMany(
      "manyTrustsOfProject",
      "10,000 trusts in a project to one",
      measured.trusts.manyTrustsOfProject,
    ),
    ...ofMany("manyTrustsOfAccount", "50 trusts of an account to one", measured.trusts.manyTrustsOfAccount),
    exchange(
      "throughputAt100kVs100",
      "throughput, 100,000 accounts to 100",
      [scale, "perSecond"],
      atLeast(0.95),
    ),
    exchange("p99At100kVs100", "p99 latency, 100,000 accounts to 100", [scale, "p99Ms"]),
    ...[
      ratio(
        "expired",
        "throughputVsNone",
        `throughput, ${tokens} expired to none`,
        [expired.pairs, "perSecond"],
        atLeast(0.95),
      ),
      ratio("expired", "p99VsNone", `p99 latency, ${tokens} expired to none`, [expired.pairs, "p99Ms"]),
    ],
    exchange("throughputVsOidcProvider", "throughput, of oidc-provider's", [oidcProvider, "perSecond"]),
  ];
}

function ofRoles({ roles, evaluations }: Measured): readonly Ratio[] {
  return [
    ...ofMany("manyRoles", "200 roles to one, for an API", roles.manyRoles),
    ...ofMany("manyRolesOwn", "200 roles to one, for us", roles.manyRolesOwn),
    ...ofCredential("oneRole", "one role", roles.oneRole),
    ...ofCredential("evaluationOfToken", "evaluation of a token", evaluations.evaluationOfToken, 0.8),
    ...ofCredential("evaluationOfAccount", "evaluation of an account", evaluations.evaluationOfAccount, 0.8),
  ];
}

function ofMany(group: string, label: string, pairs: readonly Pair[]): readonly Ratio[] {
  return [
    ratio(group, "throughputVsOne", `${label}: throughput`, [pairs, "perSecond"], atLeast(0.9)),
    ratio(group, "p50VsOne", `${label}: p50 latency`, [pairs, "p50Ms"]),
  ];
}

function ofCredential(group: string, label: string, pairs: readonly Pair[], bound = 0.85): readonly Ratio[] {
  return [
    ratio(
      group,
      "throughputVsFloor",
      `${label}: throughput, of the floor's`,
      [pairs, "perSecond"],
      atLeast(bound),
    ),
    ratio(group, "p50VsFloor", `${label}: p50 latency, of the floor's`, [pairs, "p50Ms"]),
  ];
}

function ratio(
  group: string,
  name: string,
  label: string,
  [pairs, figure]: readonly [readonly Pair[], Figure],
  target?: Target,
): Ratio {
  const spread = spreadOf(pairs.map(({ ours, theirs }) => ours[figure] / theirs[figure]));
  return { group, name, label, spread, ...(target && { target }) };
}

/** What the absolute figures are of, by their name in the table and the JSON. */
export function samplesOf(measured: Measured): Readonly<Record<string, readonly LoadSample[]>> {
  const { floor, credentials, roles, evaluations, trusts, scale, expired, purge, oidcProvider } = measured;
  const ours = (pairs: readonly Pair[]) => pairs.map((pair) => pair.ours);
  const theirs = (pairs: readonly Pair[]) => pairs.map((pair) => pair.theirs);
  return {
    countersign: ours(floor.busy),
    floor: theirs(floor.busy),
    countersignAlone: ours(floor.alone),
    floorAlone: theirs(floor.alone),
    ...Object.fromEntries(
      Object.entries({ ...credentials, ...roles, ...evaluations, ...trusts }).flatMap(([name, pairs]) => [
        [name, ours(pairs)],
        [`${name}${name.startsWith("many") ? "AsOne" : "Floor"}`, theirs(pairs)],
      ]),
    ),
    countersignAt100k: ours(scale),
    countersignAt100: theirs(scale),
    besideExpired: ours(expired.pairs),
    besideNoneExpired: theirs(expired.pairs),
    besidePurge: purge.beside,
    withoutPurge: purge.without,
    oidcProvider: theirs(oidcProvider),
  };
}
