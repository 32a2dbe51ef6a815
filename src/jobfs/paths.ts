/**
 * Paths inside a job's file system: POSIX, absolute once resolved, without `.` and `..`.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { NAME_BYTES_MAX, PATH_BYTES_MAX } from './limits.js';

/** The path of `~` and the initial working directory of a job: the home directory of Pyodide. */
export const HOME = '/home/pyodide';

/**
 * Resolves `path` to an absolute path, relative to `cwd`. `~` is expanded at the start; `..` stops at the root.
 * @throws JOBFS_PATH
 */
export function resolvePath(path: string, cwd: string): string {
  if (typeof path !== 'string' || path === '') refusePath(path, 'is not a path');
  const expanded = path === '~' || path.startsWith('~/') ? HOME + path.slice(1) : path;
  const parts: string[] = [];
  for (const part of (expanded.startsWith('/') ? expanded : `${cwd}/${expanded}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const resolved = `/${parts.join('/')}`;
  if (resolved.includes('\0')) refusePath(path, 'contains a NUL');
  if (/\p{Surrogate}/u.test(resolved)) refusePath(path, 'is not well-formed Unicode');
  if (encodedLength(resolved) > PATH_BYTES_MAX) refusePath(path, `is longer than ${PATH_BYTES_MAX} bytes`);
  const long = parts.find((part) => encodedLength(part) > NAME_BYTES_MAX);
  if (long !== undefined) {
    refusePath(path, `contains a name of ${encodedLength(long)} bytes; the limit is ${NAME_BYTES_MAX}`);
  }
  return resolved;
}

/** The parent directories of `path`, topmost first, without the root. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let i = path.indexOf('/', 1); i !== -1; i = path.indexOf('/', i + 1)) parents.push(path.slice(0, i));
  return parents;
}

/** The last component of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The order of entries in lists and bundles: a directory precedes its content. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function encodedLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function refusePath(path: unknown, rule: string): never {
  const shown = typeof path === 'string' ? JSON.stringify(path.slice(0, 200)) : typeof path;
  throw new ManyhandsError('JOBFS_PATH', `JobFS: ${shown} ${rule}.`, { path });
}
