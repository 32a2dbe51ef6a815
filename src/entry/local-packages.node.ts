/**
 * Packages on this machine, for deployers in Node: folders of wheels, lists of requirements, the lock files of worktimes that
 * are installed, and the package index that pip is set up with.
 * @module
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PackagePorts } from '../deployer/connection/ports.js';
import { ManyhandsError } from '../lib/errors.js';
import { BLOB_BYTES_MAX } from '../protocol/limits.js';
import { installedFile } from '../worktimes/installed-file.js';
import { describeWorktime } from '../worktimes/registry.js';

/** How long pip may take to say which index it uses, milliseconds. */
const PIP_MS_MAX = 20_000;

/** Prints the index that pip on this machine uses: of its configuration and environment, else its own default. */
const ASK_PIP = `
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
settings = Configuration(isolated=False)
settings.load()
found = dict(settings.items())
names = (':env:.index-url', 'install.index-url', 'download.index-url', 'global.index-url')
print(next((found[name] for name in names if name in found), PyPI.simple_url))
`;

export const localPackages: PackagePorts = {
  openFolder(place) {
    const path = pathOf(place);
    return {
      label: path,
      list: () => readdir(path).catch((cause: unknown) => readError('job.wheels', path, cause)),
      async read(name) {
        const bytes = await readFile(join(path, name)).catch((cause: unknown) =>
          readError('job.wheels', join(path, name), cause),
        );
        if (bytes.length <= BLOB_BYTES_MAX) return new Uint8Array(bytes);
        const text = `${join(path, name)} has ${bytes.length} bytes; at most ${BLOB_BYTES_MAX} are taken.`;
        throw new ManyhandsError('MODULES_UNRESOLVED', text, { name });
      },
    };
  },
  readText(place) {
    const path = pathOf(place);
    return readFile(path, 'utf8').catch((cause: unknown) => readError('job.modules', path, cause));
  },
  async worktimeFile({ name, version }, file) {
    const worktime = describeWorktime(name);
    if (worktime?.assets === undefined || worktime.version !== version) return undefined;
    return new Uint8Array(await readFile(installedFile(worktime.assets.package, file)));
  },
  async defaultIndex() {
    const set = process.env['PIP_INDEX_URL'];
    if (set) return set;
    for (const python of ['python3', 'python']) {
      try {
        const { stdout } = await promisify(execFile)(python, ['-c', ASK_PIP], { timeout: PIP_MS_MAX });
        const index = stdout.trim();
        if (/^https?:\/\//.test(index)) return index;
      } catch {
        // No such program, or one without pip: the next one, or no default.
      }
    }
    return undefined;
  },
};

function pathOf(place: string | URL): string {
  return place instanceof URL || place.startsWith('file:') ? fileURLToPath(place) : place;
}

function readError(setting: string, path: string, cause: unknown): never {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const text = `${setting}: ${path} cannot be read: ${why}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: setting }, { cause });
}
