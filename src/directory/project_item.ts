import { instantOf } from "../protocol/index.ts";
import { etagOf, type Stored } from "./etag.ts";
import type { ProjectRow } from "./locate.ts";

export type ProjectItem = ReturnType<typeof projectItem>;

/** A project as it is answered. */
export function projectItem(row: ProjectRow) {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    labels: row.labels,
    disabled: row.disabled,
    createdAt: instantOf(row.createdAt),
    updatedAt: instantOf(row.updatedAt),
  };
}

/** A project as it is answered, with its tag. */
export function storedProject(row: ProjectRow): Stored<ProjectItem> {
  return { item: projectItem(row), etag: etagOf(row) };
}
