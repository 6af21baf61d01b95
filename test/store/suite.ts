import { beforeAll } from "vitest";
import { accessReviewRows } from "./access_review.ts";
import { anchorRows } from "./anchor.ts";
import { columnRows } from "./columns.ts";
import { deletionRows } from "./deletion.ts";
import type { At, OpenStore, StoreUnderTest } from "./driver.ts";
import { failureRows } from "./failures.ts";
import { floodRows } from "./flood.ts";
import { foreignTextRows } from "./foreign_text.ts";
import { guardRows } from "./guard.ts";
import { identityProviderRows } from "./identity_providers.ts";
import { interleavingRows } from "./interleaving.ts";
import { keyAlgorithmRows } from "./key_algorithms.ts";
import { keyRetirementRows } from "./key_retirements.ts";
import { keyRotationRows } from "./key_rotations.ts";
import { keySwitchRows } from "./key_switches.ts";
import { keyringRows } from "./keyring.ts";
import { migrationRows } from "./migrations.ts";
import { pagingRows } from "./paging.ts";
import { permissionRows } from "./permissions.ts";
import { preparedRows } from "./prepared.ts";
import { raceRows } from "./races.ts";
import { resourceServerRows } from "./resource_servers.ts";
import { rotationRows } from "./rotation.ts";
import { sealingRows } from "./sealing.ts";
import { tokenRows } from "./tokens.ts";

const GROUPS: readonly ((at: At) => void)[] = [
  migrationRows,
  guardRows,
  failureRows,
  columnRows,
  preparedRows,
  foreignTextRows,
  anchorRows,
  pagingRows,
  floodRows,
  raceRows,
  interleavingRows,
  permissionRows,
  accessReviewRows,
  deletionRows,
  resourceServerRows,
  identityProviderRows,
  tokenRows,
  keyringRows,
  keyAlgorithmRows,
  rotationRows,
  keyRotationRows,
  keySwitchRows,
  keyRetirementRows,
  sealingRows,
];

/**
 * What every driver has to keep, on one open database. Rows of a tenant get fresh names, so a server may be shared
 * between runs; the signing keys are the service's own, so nobody else may work on the database meanwhile.
 */
export function storeSuite(open: OpenStore): void {
  let store: StoreUnderTest | undefined;
  beforeAll(async () => {
    store = await open();
    await store.migrate();
  });
  const at: At = () => {
    if (store === undefined) throw new Error("the store did not open");
    return store;
  };
  for (const rows of GROUPS) rows(at);
}
