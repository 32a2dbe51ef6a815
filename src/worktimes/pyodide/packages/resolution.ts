/**
 * Chooses one version of each package that is required, directly or by another one. A version that turns out not to fit what
 * a later package requires is excluded, and the choice begins anew.
 * @module
 */
import { satisfies } from '@renovatebot/pep440';
import { ManyhandsError } from '../../../lib/errors.js';
import { MODULE_FILES_MAX } from '../../../protocol/limits.js';
import type { PackageFile, CandidateFinder } from './candidates.js';
import type { Demand } from './demand.js';
import type { LockFile } from './lock-file.js';
import type { MarkerEnvironment } from './marker.js';
import type { Requirement } from './requirement.js';
import { noFile, noVersion, tooMany } from './resolution-errors.js';
import { readWheelMetadata, type WheelMetadata } from './wheel-metadata.js';

export interface ChosenPackage {
  readonly candidate: PackageFile;
  readonly bytes: Uint8Array;
  readonly modules: readonly string[];
}

interface ResolutionParts {
  readonly finder: CandidateFinder;
  readonly lock: LockFile;
  readonly environment: MarkerEnvironment;
  /** The worktime with its version, for error messages. */
  readonly release: string;
}

/** How often the choice begins anew. */
const ROUNDS_MAX = 64;

interface Chosen {
  candidate: PackageFile;
  bytes: Uint8Array;
  metadata: WheelMetadata;
  extras: Set<string>;
}

export class Resolution {
  readonly #parts: ResolutionParts;
  /** Demands of earlier rounds, by package: they hold from the beginning of the next. */
  readonly #learned = new Map<string, Demand[]>();
  /** Files whose metadata says that they do not run in this Python. */
  readonly #excluded = new Set<PackageFile>();

  constructor(parts: ResolutionParts) {
    this.#parts = parts;
  }

  /** In the order of their file names. @throws MODULES_UNRESOLVED */
  async resolve(requirements: readonly Requirement[]): Promise<ChosenPackage[]> {
    const demands = requirements.map((requirement) => ({ requirement, by: 'job.modules' }));
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const chosen = await this.#round(demands);
      if (chosen === undefined) continue;
      return [...chosen.values()]
        .map(({ candidate, bytes, metadata }) => ({
          candidate,
          bytes,
          modules: modulesOf(candidate, metadata),
        }))
        .sort((a, b) => (a.candidate.fileName < b.candidate.fileName ? -1 : 1));
    }
    const text =
      'The packages of job.modules require versions of each other that were not found to fit. Require exact ones.';
    throw new ManyhandsError('MODULES_UNRESOLVED', text, {});
  }

  /** Undefined where a choice did not hold; what was learned is used in the next round. */
  async #round(roots: readonly Demand[]): Promise<Map<string, Chosen> | undefined> {
    const chosen = new Map<string, Chosen>();
    const demandsOf = new Map([...this.#learned].map(([name, demands]) => [name, [...demands]]));
    const queue = [...roots];
    for (const demand of queue) {
      const { requirement } = demand;
      const { name } = requirement;
      if (requirement.marker?.(this.#parts.environment) === false) continue;
      const known = demandsOf.get(name) ?? [];
      demandsOf.set(name, [...known, demand]);
      const before = chosen.get(name);
      if (before !== undefined && !fits(before.candidate, [demand])) {
        this.#learned.set(name, demandsOf.get(name)!);
        return undefined;
      }
      const one = before ?? (await this.#choose(name, [...known, demand]));
      if (before === undefined) chosen.set(name, one);
      if (chosen.size > MODULE_FILES_MAX) throw tooMany();
      const newExtras = requirement.extras.filter((extra) => !one.extras.has(extra));
      newExtras.forEach((extra) => one.extras.add(extra));
      queue.push(...this.#requirementsOf(one, newExtras, before === undefined));
    }
    return chosen;
  }

  async #choose(name: string, demands: readonly Demand[]): Promise<Chosen> {
    const { finder, lock, release } = this.#parts;
    const all = await finder.find(name);
    const found = { ...all, candidates: all.candidates.filter((one) => !this.#excluded.has(one)) };
    if (found.candidates.length === 0)
      throw noFile({ name, demands, found, release, locked: lock.packages.get(name) });
    const candidate = choose(found.candidates, demands);
    if (candidate === undefined) throw noVersion({ name, demands, found, release });
    const bytes = await candidate.read();
    const isWheel = candidate.fileName.endsWith('.whl');
    const metadata = isWheel
      ? readWheelMetadata(bytes, candidate.fileName)
      : { requires: [], requiresPython: '', modules: [] };
    const { requiresPython } = metadata;
    if (requiresPython !== '' && !satisfies(lock.python, requiresPython, { prereleases: true })) {
      this.#excluded.add(candidate);
      return this.#choose(name, demands);
    }
    return { candidate, bytes, metadata, extras: new Set() };
  }

  /** What a chosen package requires: of the release's own file what the release says, as its loader does. */
  #requirementsOf({ candidate, metadata }: Chosen, extras: readonly string[], isNew: boolean): Demand[] {
    const { environment } = this.#parts;
    const by = `${candidate.name} ${candidate.version}`;
    const base = candidate.locked?.depends.map((name) => ({
      requirement: { name, extras: [], range: '', text: name },
      by,
    }));
    const applies = ({ marker }: Requirement, extra: string): boolean =>
      marker === undefined || marker({ ...environment, extra });
    const plain = metadata.requires.filter((one) => applies(one, ''));
    const ofExtras = metadata.requires.filter(
      (one) => !applies(one, '') && extras.some((extra) => applies(one, extra)),
    );
    const demands = [...(isNew && base === undefined ? plain : []), ...ofExtras];
    // Their markers hold; those of the round have no extra.
    const unconditional = demands.map(({ marker: _, ...requirement }) => ({ requirement, by }));
    return [...(isNew ? (base ?? []) : []), ...unconditional];
  }
}

/** A pre-release only where somebody names one, or where there is nothing else. */
function choose(candidates: readonly PackageFile[], demands: readonly Demand[]): PackageFile | undefined {
  return (
    candidates.find((candidate) => fits(candidate, demands)) ??
    candidates.find((candidate) => fits(candidate, demands, true))
  );
}

function fits({ version }: PackageFile, demands: readonly Demand[], prereleases = false): boolean {
  const isNamed = demands.some(({ requirement: { range } }) =>
    /\d(?:a|b|rc|\.dev|\.?alpha|\.?beta)\d/i.test(range),
  );
  const options = prereleases || isNamed ? { prereleases: true } : {};
  return demands.every(({ requirement: { range } }) =>
    satisfies(version, range === '' ? '>=0' : range, options),
  );
}

/** One module of the package's own name says which it is; the release says it of its own packages. */
function modulesOf({ locked, name }: PackageFile, { modules }: WheelMetadata): readonly string[] {
  if (locked !== undefined) return locked.imports.filter((one) => modules.includes(one));
  const own = modules.find((one) => one.toLowerCase() === name.replaceAll('-', '_'));
  return own === undefined ? modules : [own];
}
