/**
 * The interface between the deployer and the part of a worktime that finds the packages which a job's source imports, with
 * all that they need, as files that are shipped.
 * @module
 */
import type { WorktimeName } from '../../protocol/messages/messages.js';

/** A folder of package files. */
export interface PackageFolder {
  /** What an error message calls it. */
  readonly label: string;
  /** The names of its files. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
}

/** The answer of an address. */
export interface Downloaded {
  readonly status: number;
  readonly contentType: string;
  /** Where it came from, after redirections. */
  readonly url: string;
  /** Empty where the status is an error. */
  readonly bytes: Uint8Array;
}

/**
 * Downloads at most `bytesMax` bytes. Rejects with an Error whose message is the reason, without the address: no answer, an
 * answer that is too large, or one that is an error other than `404`.
 */
export type Download = (
  url: string,
  options: { readonly accept?: string; readonly bytesMax: number },
) => Promise<Downloaded>;

/** Where packages may be taken from. */
export interface PackageSources {
  /** Searched first, in this order. */
  readonly folders: readonly PackageFolder[];
  /** Addresses of package indexes, searched in this order where the folders have nothing that fits. */
  readonly indexes: readonly string[];
  /** The index of this machine, used where `indexes` is empty; undefined where it has none. */
  readonly defaultIndex?: (() => Promise<string | undefined>) | undefined;
  readonly download: Download;
}

export interface ModulesRequest {
  /** Requirements in the notation of the worktime's language. */
  readonly requirements: readonly string[];
  /** Files that list requirements. */
  readonly lists: readonly { readonly name: string; readonly text: string }[];
  /** The work function, which may carry requirements itself; absent where it is no text. */
  readonly source?: string | undefined;
  /** The exact version that the packages are chosen for. */
  readonly worktime: () => Promise<WorktimeName>;
  /** The file of that worktime, by name. */
  readonly worktimeFile: (worktime: WorktimeName, name: string) => Promise<Uint8Array>;
  readonly sources: PackageSources;
}

export interface ResolvedModules {
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Modules that may be imported before the source is loaded. */
  readonly imports: readonly string[];
  /** Set where the files fit this version of the worktime alone. */
  readonly worktime?: WorktimeName;
}

/**
 * Undefined where the job needs no packages.
 * @throws INVALID_ARGUMENT for a malformed requirement, MODULES_UNRESOLVED
 */
export type ModuleResolver = (request: ModulesRequest) => Promise<ResolvedModules | undefined>;
