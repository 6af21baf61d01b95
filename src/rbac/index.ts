/**
 * May this actor do this here: the permissions, the roles that hold them, what a principal holds by his bindings, and
 * one pure decision. Data in, verdict out; awaits nothing and runs no query: it only says which column others read.
 */
export { chainStands, IMPERSONATE } from "./act.ts";
export { authorize, circumstancesOf, mayUse, prolongsItself } from "./authorize.ts";
export { type Circumstances, canHold, holds, isTimeZone, minutesOf } from "./condition.ts";
export {
  covers,
  decide,
  givenUntil,
  gives,
  type Place,
  placeOf,
  type Verdict,
  type Weighed,
  weigh,
} from "./decide.ts";
export { explain } from "./explain.ts";
export { heldBindingsOf, heldColumn } from "./held.ts";
export { isIpRange } from "./ip_range.ts";
export { type Grant, grantsOf, notHeldOutright } from "./outright.ts";
export { audiencesOf, isAtOrBelow, isPath } from "./path.ts";
export { isPermission, PERMISSIONS, type Permission } from "./permissions.ts";
export { ALL_OF_APIS, BUILT_IN_ROLES, builtInRole, PROJECT_PERMISSIONS } from "./roles.ts";
export { givenOf, grantedSomewhere } from "./stand.ts";
export { mayKnowToken, mayRevokeToken, type TokenPlace } from "./tokens.ts";
