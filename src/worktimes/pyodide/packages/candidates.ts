/**
 * The wheels of one package that could be shipped: what folders have, what the package index has, and what the worktime's own
 * release names.
 * @module
 */
import { compare, satisfies, valid } from '@renovatebot/pep440';
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { PackageFolder, PackageSources } from '../../packing/module-resolver.js';
import type { LockedPackage, LockFile } from './lock-file.js';
import { downloadFile, listIndex } from './package-index.js';
import { isPureWheel, parseWheelName, WheelTags } from './wheel-name.js';

/** A file that fits the interpreter. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  /** Its entry in the lock file, where it is the file that the release names. */
  readonly locked?: LockedPackage;
  /** The rank of its tags, and of its source; lower is better. */
  readonly rank: number;
  readonly requiresPython: string;
  /** @throws MODULES_UNRESOLVED where it cannot be read or has another digest */
  read(): Promise<Uint8Array>;
}

/** What was found for one package. */
export interface Found {
  /** The best first: the release's own version, then newer before older, then the better tags. */
  readonly candidates: readonly PackageFile[];
  /** Names of wheels that do not fit, for the error message. */
  readonly unfit: readonly string[];
  /** Where was searched, for the error message. */
  readonly searched: readonly string[];
}

interface Listed {
  readonly fileName: string;
  readonly sha256?: string | undefined;
  readonly requiresPython: string;
  readonly source: number;
  read(): Promise<Uint8Array>;
}

export class CandidateFinder {
  readonly #lock: LockFile;
  readonly #sources: PackageSources;
  readonly #tags: WheelTags;
  readonly #found = new Map<string, Promise<Found>>();
  readonly #bytes = new Map<string, Promise<Uint8Array>>();
  #indexes: Promise<readonly string[]> | undefined;

  constructor(lock: LockFile, sources: PackageSources) {
    this.#lock = lock;
    this.#sources = sources;
    this.#tags = new WheelTags(lock);
  }

  /** What there is of a package, by its normalised name. @throws MODULES_UNRESOLVED where a source cannot be read */
  find(name: string): Promise<Found> {
    const found = this.#found.get(name) ?? this.#find(name);
    this.#found.set(name, found);
    return found;
  }

  async #find(name: string): Promise<Found> {
    const { folders } = this.#sources;
    const searched = folders.map(({ label }) => label);
    const listed: Listed[] = [];
    for (const [source, folder] of folders.entries()) listed.push(...(await listFolder(folder, source)));
    const own = this.#candidates(name, listed);
    // As with pip's --find-links: what a folder has is not searched elsewhere.
    if (own.candidates.length > 0) return { ...own, searched };
    const unfit = [...own.unfit];
    for (const [at, index] of (await this.#indexAddresses()).entries()) {
      searched.push(index);
      const files = await listIndex(this.#sources.download, index, name);
      const source = folders.length + at;
      const entries = files.map(({ fileName, url, sha256, requiresPython }) => ({
        fileName,
        sha256,
        requiresPython,
        source,
        read: () => downloadFile(this.#sources.download, url),
      }));
      const there = this.#candidates(name, entries);
      if (there.candidates.length > 0) return { ...there, searched };
      unfit.push(...there.unfit);
    }
    return { candidates: [], unfit, searched };
  }

  #indexAddresses(): Promise<readonly string[]> {
    const { indexes, defaultIndex } = this.#sources;
    this.#indexes ??=
      indexes.length > 0
        ? Promise.resolve(indexes)
        : Promise.resolve(defaultIndex?.()).then((index) => (index === undefined ? [] : [index]));
    return this.#indexes;
  }

  #candidates(name: string, listed: readonly Listed[]): Omit<Found, 'searched'> {
    const locked = this.#lock.packages.get(name);
    const candidates: PackageFile[] = [];
    const unfit: string[] = [];
    for (const file of listed) {
      const wheel = parseWheelName(file.fileName);
      const isLocked = locked?.fileName === file.fileName;
      if (!isLocked && wheel?.name !== name) continue;
      // What the release names fits, also where it is no wheel but a shared library.
      const tagRank = wheel === undefined ? (isLocked ? 0 : undefined) : this.#tags.rank(wheel);
      const version = isLocked ? locked.version : wheel!.version;
      if (tagRank === undefined || valid(version) === null || !this.#fitsPython(file)) {
        unfit.push(file.fileName);
        continue;
      }
      candidates.push({
        name,
        version,
        fileName: file.fileName,
        ...(isLocked && { locked }),
        rank: file.source * 1_000 + tagRank,
        requiresPython: file.requiresPython,
        read: () => this.#read(file, isLocked ? locked.sha256 : file.sha256),
      });
    }
    return { candidates: candidates.sort(preferred), unfit };
  }

  #fitsPython({ requiresPython }: Listed): boolean {
    return requiresPython === '' || satisfies(this.#lock.python, requiresPython, { prereleases: true });
  }

  #read(file: Listed, sha256: string | undefined): Promise<Uint8Array> {
    const bytes = this.#bytes.get(file.fileName) ?? readVerified(file, sha256);
    this.#bytes.set(file.fileName, bytes);
    return bytes;
  }
}

async function readVerified(file: Listed, sha256: string | undefined): Promise<Uint8Array> {
  const bytes = await file.read();
  if (sha256 === undefined || sha256Hex(bytes) === sha256) return bytes;
  const text =
    `The package ${file.fileName} is not the file that its digest names: it was changed or damaged. ` +
    'Fetch it again from where it comes from.';
  throw new ManyhandsError('MODULES_UNRESOLVED', text, { name: file.fileName });
}

function preferred(a: PackageFile, b: PackageFile): number {
  if ((a.locked === undefined) !== (b.locked === undefined)) return a.locked === undefined ? 1 : -1;
  return compare(b.version, a.version) || a.rank - b.rank;
}

async function listFolder(folder: PackageFolder, source: number): Promise<Listed[]> {
  const names = await folder.list();
  return names.map((fileName) => ({
    fileName,
    requiresPython: '',
    source,
    read: () => folder.read(fileName),
  }));
}

/** Whether a shipped file runs in any release of the interpreter that is new enough. */
export function isIndependentOfRelease({ fileName }: Pick<PackageFile, 'fileName'>): boolean {
  return isPureWheel(fileName);
}
