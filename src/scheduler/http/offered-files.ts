/**
 * Files that the operator adds to what a scheduler serves: releases of worktimes beside the built-in ones, and folders of
 * packages that all jobs may use.
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManyhandsError } from '../../lib/errors.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { PACKAGES_PATH } from '../../protocol/wire/offered-paths.js';
import type { WorktimeAssets, WorktimeDescriptor } from '../../worktimes/runtime/descriptor.js';
import { assetName, WORKTIMES } from '../../worktimes/registry.js';

/** An entry of the manifest of assets, and the file that it is for. */
export interface OfferedAsset {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly file: string;
}

export interface OfferedFiles {
  /** Releases that were found. */
  readonly worktimes: readonly WorktimeName[];
  readonly assets: readonly OfferedAsset[];
  /** Packages by their file names, with where they are. */
  readonly packages: ReadonlyMap<string, string>;
}

const PACKAGE_FILE = /^[A-Za-z0-9_][A-Za-z0-9_.+!-]*\.(?:whl|zip)$/;

/**
 * @param releases folders, each with the files of one release; packages in them are offered too
 * @param wheels folders of packages
 * @throws INVALID_ARGUMENT where a folder cannot be read or holds no release
 */
export async function readOfferedFiles(
  releases: readonly string[],
  wheels: readonly string[],
): Promise<OfferedFiles> {
  const found = await Promise.all(releases.map(readRelease));
  const packages = new Map<string, string>();
  for (const folder of [...wheels, ...releases]) {
    const argument = wheels.includes(folder) ? 'wheels' : 'worktimeFolders';
    for (const name of await listFolder(folder, argument)) {
      if (PACKAGE_FILE.test(name) && !isWorktimeFile(name) && !packages.has(name))
        packages.set(name, join(folder, name));
    }
  }
  return {
    worktimes: found.map(({ worktime }) => worktime),
    assets: found.flatMap(({ assets }) => assets),
    packages,
  };
}

/** The list of packages as it is served. */
export function packageList({ packages }: OfferedFiles): string {
  return JSON.stringify({ packages: [...packages.keys()].sort() });
}

/** What is served of the packages, by path. */
export function packagePaths({ packages }: OfferedFiles): [path: string, file: string][] {
  return [...packages].map(([name, file]) => [`${PACKAGES_PATH}${name}`, file]);
}

const isWorktimeFile = (name: string): boolean =>
  WORKTIMES.some(({ assets }) => assets?.files.includes(name) === true);

async function readRelease(folder: string): Promise<{ worktime: WorktimeName; assets: OfferedAsset[] }> {
  const { name, version } = await readPackageName(folder);
  const worktime = WORKTIMES.find(({ assets }) => assets?.package === name) as
    (WorktimeDescriptor & { assets: WorktimeAssets }) | undefined;
  if (worktime === undefined || !/^\d+\.\d+\.\d+/.test(version))
    throw invalid(folder, `its package.json is of ${name} ${version}, which is no worktime`);
  const release = { name: worktime.name, version };
  const present = await listFolder(folder, 'worktimeFolders');
  const { files, olderNames = {} } = worktime.assets;
  const names = files.map((file) => (present.includes(file) ? file : (olderNames[file] ?? file)));
  const assets = names.map(async (file): Promise<OfferedAsset> => {
    const path = join(folder, file);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw invalid(folder, `${file} cannot be read`, cause);
    });
    if (bytes.length > BLOB_BYTES_MAX) throw invalid(folder, `${file} has more than ${BLOB_BYTES_MAX} bytes`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const at = `/assets/${release.name}/${version}/${file}`;
    return { name: assetName(release, file), path: at, sha256, bytes: bytes.length, file: path };
  });
  return { worktime: release, assets: await Promise.all(assets) };
}

async function readPackageName(folder: string): Promise<{ name: string; version: string }> {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    return { name: String(name), version: String(version) };
  } catch (cause) {
    throw invalid(folder, 'it has no package.json that says of which release it is', cause);
  }
}

async function listFolder(folder: string, argument: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const text = `${argument}: the folder ${folder} cannot be read: ${why}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument }, { cause });
  }
}

function invalid(folder: string, why: string, cause?: unknown): ManyhandsError<'INVALID_ARGUMENT'> {
  const text = `worktimeFolders: ${folder} is no release of a worktime: ${why}.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'worktimeFolders' }, { cause });
}
