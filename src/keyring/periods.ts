import { ACCESS_TOKEN_MAX_SECONDS, VERIFIER_LEEWAY_SECONDS } from "../protocol/index.ts";

/** How long anybody may cache our own key set: no longer than a new key is published before it signs. */
export const OWN_KEY_SET_MAX_AGE_SECONDS = 3600;

/** Published before its first use for as long as a key set may be cached, and a little for clocks. */
export const PUBLISHED_BEFORE_USE_SECONDS = OWN_KEY_SET_MAX_AGE_SECONDS + 60;

/** Published after its last use for as long as anybody may accept what it signed then. */
export const PUBLISHED_AFTER_USE_SECONDS = ACCESS_TOKEN_MAX_SECONDS + VERIFIER_LEEWAY_SECONDS;

/** Age at which a signing key gets its successor. */
export const ROTATION_PERIOD_SECONDS = 30 * 24 * 3600;
