/**
 * What is known of a worktime without its code: data that the deployer, the scheduler, the worker and the build read.
 * @module
 */
import type { WorktimeName } from '../../protocol/messages/messages.js';

export interface WorktimeDescriptor extends WorktimeName {
  /** The exact version, which a job's semver range is compared with. */
  readonly version: string;
  /** The semver range of a job that does not specify one. */
  readonly defaultRange: string;
  /** Its name for people. */
  readonly label: string;
  /** The language of its work functions, capitalised; absent where there are many. */
  readonly language?: string;
  /** Names that people try in place of its own, lower case; an error message suggests its own for them. */
  readonly aliases: readonly string[];
  /** File name extensions of its sources, without the dot. */
  readonly extensions: readonly string[];
  /** The first bytes of each of its sources; absent where they are text. */
  readonly magic?: readonly number[];
  /** Whether it starts only in a sandbox that has WebAssembly. */
  readonly needsWebAssembly: boolean;
  /** Whether its runtime can start from a snapshot of its memory. */
  readonly snapshot?: boolean;
  /** The files that its runtime starts from; absent where there are none. */
  readonly assets?: WorktimeAssets;
}

/** Files of an npm package that this package depends on. Their names are unique among those of all worktimes. */
export interface WorktimeAssets {
  /** The name of the npm package. */
  readonly package: string;
  /**
   * Names of files in the root folder of the package. Those that end in `.wasm` are compiled once for all sandboxes of a
   * host, those that end in `.mjs` are imported, the others are read.
   */
  readonly files: readonly string[];
  /** What older releases call a file, where they call it otherwise. */
  readonly olderNames?: Readonly<Record<string, string>>;
}
