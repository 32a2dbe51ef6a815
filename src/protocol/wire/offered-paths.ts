/**
 * Where a scheduler serves the packages that its operator offers to all jobs.
 * @module
 */

/** JSON: `{ "packages": [file names] }`. */
export const PACKAGE_LIST_PATH = '/assets/packages.json';
/** Followed by a file name. */
export const PACKAGES_PATH = '/assets/packages/';
