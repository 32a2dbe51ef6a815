/**
 * Worktime files from npm packages installed on this machine, for sandboxes that cannot read files. Each is verified
 * against its digest at the time when this program was built.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { ManyhandsError } from '../../lib/errors.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { installedFile } from '../../worktimes/installed-file.js';
import { describeWorktime } from '../../worktimes/registry.js';
import { rememberDigest } from './file-digests.js';
import type { LoadWorktimeFiles } from './job-package-cache.js';

/** Reads each worktime's files once. `manifest`: the build's list of assets with their digests. */
export function installedFiles(manifest: URL): LoadWorktimeFiles {
  let digests: Promise<Map<string, string>> | undefined;
  const read = new Map<string, Promise<Record<string, Uint8Array>>>();
  const load = async (worktime: WorktimeName): Promise<Record<string, Uint8Array>> => {
    const assets = describeWorktime(worktime.name)?.assets;
    if (assets === undefined) return {};
    digests ??= readDigests(manifest);
    const known = await digests;
    const files = assets.files.map(
      async (name) => [name, await readChecked(assets.package, name, known.get(name))] as const,
    );
    return Object.fromEntries(await Promise.all(files));
  };
  return (worktime) => {
    const files = read.get(worktime.name) ?? load(worktime);
    read.set(worktime.name, files);
    files.catch(() => {
      read.delete(worktime.name);
      digests = undefined;
    });
    return files;
  };
}

async function readChecked(
  packageName: string,
  name: string,
  digest: string | undefined,
): Promise<Uint8Array> {
  const bytes = await readFile(installedFile(packageName, name)).catch((cause: unknown) => {
    const text = `The file ${name} of the package ${packageName} cannot be read. Install this package again.`;
    throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { name }, { cause });
  });
  if (digest !== undefined && (await sha256HexAsync(bytes)) === digest) {
    const file = new Uint8Array(bytes);
    rememberDigest(file, digest);
    return file;
  }
  const text = `The file ${name} of the package ${packageName} is not the one that this program was built with.`;
  throw new ManyhandsError('ISOLATION_UNAVAILABLE', `${text} Install this package again.`, { name });
}

async function readDigests(manifest: URL): Promise<Map<string, string>> {
  const { assets } = JSON.parse(await readFile(manifest, 'utf8')) as {
    assets: { name: string; sha256: string }[];
  };
  return new Map(assets.map(({ name, sha256 }) => [name, sha256]));
}
