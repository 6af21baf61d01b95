import { type Import, roomOf } from "./imports.ts";

/** From top to bottom. A room may use any room on a lower floor; those on one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["index.ts"],
  ["app.ts"],
  ["routes"],
  ["decisions"],
  ["grants"],
  ["directory"],
  ["advice"],
  ["trust", "tokens"],
  ["rbac", "keyring"],
  ["audit"],
  ["store"],
  ["config.ts"],
  ["protocol"],
];

/** Types that every room may name: what it is given, and what it was configured with. */
const TYPES_FOR_ALL = ["deps.ts", "config.ts"];

/** What is wrong with one import; undefined when nothing is. */
export function faultOf({ from, to, isType }: Import): string | undefined {
  const [upper, lower] = [roomOf(from), roomOf(to)];
  if (upper === lower) return dialectFault(from, to);
  if (TYPES_FOR_ALL.includes(lower) && isType) return undefined;
  if (from === "deps.ts") return isType ? undefined : "deps.ts holds types alone";
  const [above, below] = [floorOf(upper), floorOf(lower)];
  if (above === undefined || below === undefined)
    return `${above === undefined ? upper : lower} has no floor`;
  if (below < above) return `${upper} reaches up to ${lower}`;
  if (below === above) return `${upper} reaches sideways to ${lower}`;
  if (to.includes("/") && lower !== "routes" && !to.endsWith("/index.ts"))
    return `${to} is not the door of ${lower}`;
  return undefined;
}

/** Dialects translate to the same verbs and do not know each other. */
function dialectFault(from: string, to: string): string | undefined {
  const [ours, theirs] = [from.split("/"), to.split("/")];
  if (ours[0] !== "routes" || ours.length < 3 || theirs.length < 3) return undefined;
  return ours[1] === theirs[1] ? undefined : `dialect ${ours[1]} knows dialect ${theirs[1]}`;
}

function floorOf(room: string): number | undefined {
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room));
  return floor === -1 ? undefined : floor;
}
