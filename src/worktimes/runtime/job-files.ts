/**
 * A job's files as a JavaScript work function sees them: read only, with paths relative to the job's directory.
 * @module
 */
import { resolvePath } from '../../jobfs/paths.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { JobFileEntry } from './runtime.js';
import type { WorkJobFS } from './work-types.js';

export function jobFiles(files: ReadonlyMap<string, JobFileEntry>, cwd: string): WorkJobFS {
  const bytesOf = (path: string): Uint8Array => {
    const full = resolvePath(path, cwd);
    const entry = files.get(full);
    if (entry?.kind === 'file') return entry.bytes;
    throw new ManyhandsError(
      'JOBFS_PATH',
      entry === undefined ? `There is no file ${full} in this job's files` : `${full} is a directory`,
      { path: full },
    );
  };
  return Object.freeze({
    readFile: (path: string) => bytesOf(path).slice(),
    readTextFile: (path: string) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(path)),
    list: (path = '.') => namesUnder(files, resolvePath(path, cwd)),
    exists: (path: string) => {
      const full = resolvePath(path, cwd);
      return files.has(full) || namesUnder(files, full).length > 0;
    },
  });
}

function namesUnder(files: ReadonlyMap<string, JobFileEntry>, directory: string): string[] {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  const names = new Set<string>();
  for (const path of files.keys()) {
    if (path.startsWith(prefix) && path.length > prefix.length)
      names.add(path.slice(prefix.length).split('/', 1)[0]!);
  }
  return [...names].sort();
}
