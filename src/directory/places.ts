import type { ProjectRow, ServiceAccountRow } from "./locate.ts";

// Each says of a row where a permission is asked for, and where the event is recorded.

/** The service itself: what lies in no project. */
export const placeOfService = () => ({});

/** A project itself. */
export const placeOfProject = (row: ProjectRow) => ({ projectId: row.id });

/** An account itself. */
export const placeOfAccount = (row: ServiceAccountRow) => ({
  projectId: row.projectId,
  serviceAccountId: row.id,
});

/** An API itself. */
export const placeOfApi = (row: { readonly projectId: string; readonly id: string }) => ({
  projectId: row.projectId,
  resourceServerId: row.id,
});

/** What a project owns. */
export const placeInProject = (row: { readonly projectId: string }) => ({ projectId: row.projectId });

/** What an account owns. */
export const placeInAccount = (row: { readonly projectId: string; readonly serviceAccountId: string }) => ({
  projectId: row.projectId,
  serviceAccountId: row.serviceAccountId,
});
