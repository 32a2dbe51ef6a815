/**
 * File names of wheels (PEP 427) and whether a wheel fits an interpreter (PEP 425): pip's rules for tags.
 * @module
 */
import type { LockFile } from './lock-file.js';
import { normalName } from './requirement.js';

export interface WheelName {
  readonly fileName: string;
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  /** Tags of Python, of its binary interface and of the platform; each may stand for several. */
  readonly tags: readonly [pythons: string[], abis: string[], platforms: string[]];
}

/** Undefined where it is no name of a wheel. */
export function parseWheelName(fileName: string): WheelName | undefined {
  if (!/^[\w.+!-]+\.whl$/.test(fileName)) return undefined;
  const parts = fileName.slice(0, -'.whl'.length).split('-');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [pythons, abis, platforms] = parts.slice(-3).map((part) => part.toLowerCase().split('.'));
  return {
    fileName,
    name: normalName(parts[0]!),
    version: parts[1]!.replaceAll('_', '-'),
    tags: [pythons!, abis!, platforms!],
  };
}

/** Ranks wheels for one interpreter. */
export class WheelTags {
  /** By `python-abi-platform`: how much it is preferred; 0 is best. */
  readonly #ranks = new Map<string, number>();

  constructor({ python, platforms }: Pick<LockFile, 'python' | 'platforms'>) {
    const minor = Number(python.split('.')[1]);
    const own = `cp3${minor}`;
    for (const platform of platforms) {
      this.#add(own, own, platform);
      for (let older = minor; older >= 2; older--) this.#add(`cp3${older}`, 'abi3', platform);
      this.#add(own, 'none', platform);
      for (const general of generalPythons(minor)) this.#add(general, 'none', platform);
    }
    this.#add(own, 'none', 'any');
    for (const general of generalPythons(minor)) this.#add(general, 'none', 'any');
  }

  /** The lower the better; undefined where the wheel does not fit. */
  rank({ tags: [pythons, abis, platforms] }: WheelName): number | undefined {
    let best: number | undefined;
    for (const python of pythons)
      for (const abi of abis)
        for (const platform of platforms) {
          const rank = this.#ranks.get(`${python}-${abi}-${platform}`);
          if (rank !== undefined && rank < (best ?? Infinity)) best = rank;
        }
    return best;
  }

  #add(python: string, abi: string, platform: string): void {
    this.#ranks.set(`${python}-${abi}-${platform}`, this.#ranks.size);
  }
}

/** Whether it holds Python alone, which runs in every version of the interpreter that its metadata allows. */
export function isPureWheel(fileName: string): boolean {
  return parseWheelName(fileName)?.tags[2].includes('any') === true;
}

function generalPythons(minor: number): string[] {
  const older = Array.from({ length: minor + 1 }, (_, i) => `py3${minor - i}`);
  return [older[0]!, 'py3', ...older.slice(1)];
}
