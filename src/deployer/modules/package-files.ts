/**
 * Packages and lists of packages on the deployer's machine: an interface that entry points in Node implement.
 * @module
 */
import type { PackageFolder } from '../../worktimes/packing/module-resolver.js';

/** Packages and lists of them on this machine. */
export interface PackageFiles {
  openFolder(path: string | URL): PackageFolder;
  readText(path: string | URL): Promise<string>;
  /** The package index that is set up on this machine. */
  defaultIndex(): Promise<string | undefined>;
}
