/**
 * The lock file of one release of Pyodide: which Python it is, and the packages that were built for it, with their digests.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { DIGEST_PATTERN } from '../../../lib/crypto/sha256.js';
import type { MarkerEnvironment } from './marker.js';
import { normalName } from './requirement.js';

/** One package of the release. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  readonly sha256: string;
  /** Names of packages of the same file, all of them needed. */
  readonly depends: readonly string[];
  /** The modules that it is imported by. */
  readonly imports: readonly string[];
}

export interface LockFile {
  /** Such as `3.14.2`. */
  readonly python: string;
  /** Tags of the platform that binary wheels may have, the preferred first. */
  readonly platforms: readonly string[];
  /** By normalised name. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
}

/** @throws MODULES_UNRESOLVED where it is not the lock file of a release */
export function readLockFile(bytes: Uint8Array): LockFile {
  try {
    const { info, packages } = JSON.parse(new TextDecoder().decode(bytes)) as {
      info: Record<string, string>;
      packages: Record<string, Record<string, unknown>>;
    };
    const { python = '', abi_version: abi = '', arch = '', platform = '' } = info;
    if (!/^3\.\d+\.\d+/.test(python)) throw new Error(`it is for Python '${python}'`);
    const locked = Object.values(packages).flatMap((one) => readPackage(one));
    return {
      python,
      platforms: [`pyemscripten_${abi}_${arch}`, `pyodide_${abi}_${arch}`, `${platform}_${arch}`],
      packages: new Map(locked.map((one) => [one.name, one])),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = `The lock file of the worktime cannot be read: ${why}.`;
    throw new ManyhandsError('MODULES_UNRESOLVED', text, {}, { cause });
  }
}

function readPackage(raw: Record<string, unknown>): LockedPackage[] {
  const { name, version, file_name: fileName, sha256, depends, imports } = raw;
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? (list as unknown[]).filter((one): one is string => typeof one === 'string') : [];
  if (typeof name !== 'string' || typeof version !== 'string' || typeof fileName !== 'string') return [];
  if (typeof sha256 !== 'string' || !DIGEST_PATTERN.test(sha256) || fileName.includes('/')) return [];
  return [
    {
      name: normalName(name),
      version,
      fileName,
      sha256,
      depends: texts(depends).map(normalName),
      imports: texts(imports),
    },
  ];
}

/** The variables of markers as the sandbox's Python has them. */
export function markerEnvironment({ python }: LockFile): MarkerEnvironment {
  return {
    python_version: python.split('.').slice(0, 2).join('.'),
    python_full_version: python,
    os_name: 'posix',
    sys_platform: 'emscripten',
    platform_release: '',
    platform_system: 'Emscripten',
    platform_version: '',
    platform_machine: 'wasm32',
    platform_python_implementation: 'CPython',
    implementation_name: 'cpython',
    implementation_version: python,
    extra: '',
  };
}
