/**
 * May this actor do this here: the permissions, the roles that hold them, what a principal holds by his bindings, and
 * one pure decision. Data in, verdict out; awaits nothing and runs no query: it only says which column others read.
 */
export { chainStands, IMPERSONATE } from "./act.ts";
export { authorize, circumstancesOf, mayUse, prolongsItself } from "./authorize.ts";
export { type Circumstances, canHold, holds } from "./condition.ts";
export { decide, gives, weigh } from "./decide.ts";
export { explain, nearMisses } from "./explain.ts";
export { givenUntil } from "./given_until.ts";
export { heldBindingsOf, heldColumn } from "./held.ts";
export { isIpRange } from "./ip_range.ts";
export { type Handout, handoutsOf, notHeldOutright } from "./outright.ts";
export { audiencesOf, isAtOrBelow, isPath } from "./path.ts";
export { isPermission, PERMISSIONS, type Permission } from "./permissions.ts";
export { covers, type Place, placeOf } from "./place.ts";
export { ALL_OF_APIS, BUILT_IN_ROLES, builtInRole, PROJECT_PERMISSIONS } from "./roles.ts";
export { isTimeZone, minutesOf } from "./schedule.ts";
export { givenOf, grantedSomewhere } from "./stand.ts";
export { mayKnowToken, mayRevokeToken } from "./tokens.ts";
