import type { Impersonation, LearnedIds, ServiceAccountActor } from "../protocol/index.ts";
import type { LifetimeBound, ProjectTokenUse } from "../tokens/index.ts";
import type { AccountKey, TrustedProvider } from "../trust/index.ts";

/** What made us believe that the caller is the account, as it was read. */
export type Voucher =
  | {
      readonly authMethod: "federation";
      readonly provider: TrustedProvider;
      readonly generation: string;
      /** Ids that the trust remembers from now on. */
      readonly learns: readonly LearnedIds[];
      /** What a trust that takes each token once knows it by. */
      readonly use: TokenUse | undefined;
    }
  | {
      readonly authMethod: "key";
      readonly key: AccountKey;
      /** Spent in the batch of what the assertion is used for. */
      readonly jti: string;
      readonly spentUntil: number;
    }
  | { readonly authMethod: "project_token"; readonly token: ProjectTokenUse }
  | ImpersonationVoucher;

/** One use of a token that is good once. `spentUntil`: integer seconds, until which it might come again. */
export interface TokenUse {
  readonly jti: string;
  readonly spentUntil: number;
}

/** Somebody else acts as the account, and may for a while. */
export interface ImpersonationVoucher extends Impersonation {
  /** Integer seconds: when what he showed ends, or his right to act. */
  readonly until: number | null;
}

/** How the voucher bounds what is got by it. */
export function boundOf(voucher: Voucher): LifetimeBound {
  switch (voucher.authMethod) {
    case "federation":
      return { tokenLifetime: voucher.provider.tokenLifetime };
    case "key":
      return { expiresAt: voucher.key.validUntil };
    case "project_token":
      return { expiresAt: voucher.token.expiresAt };
    case "impersonation":
      return { expiresAt: voucher.until };
  }
}

/** What the record calls it. */
export function credentialOf(voucher: Voucher): ServiceAccountActor["credential"] {
  switch (voucher.authMethod) {
    case "federation":
      return { type: "federation", id: voucher.provider.id };
    case "key":
      return { type: "key", id: voucher.key.id };
    case "project_token":
      return { type: "project_token", id: voucher.token.id };
    case "impersonation":
      return { type: "access_token", id: voucher.by.id };
  }
}
