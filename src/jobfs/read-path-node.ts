/**
 * Reads files of the machine in Node, for the port in `sources.ts`. A symbolic link is followed if its target is inside
 * the added directory, and rejected otherwise, so that nothing is shipped that was not named.
 * @module
 */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseSource } from './sources.js';
import type { Budget, SourceEntry } from './sources.js';
import { tooLarge } from './tree.js';

/**
 * Reads a file, or a directory with its content.
 * @throws JOBFS_SOURCE, JOBFS_TOO_LARGE
 */
export async function readPathNode(source: string | URL, budget: Budget): Promise<SourceEntry[]> {
  const path = typeof source === 'string' ? source : fileURLToPath(source);
  const remaining = { ...budget };
  try {
    const root = await realpath(path);
    const entries: SourceEntry[] = [];
    await readInto(entries, { path: root, name: '', root, ancestors: [] }, remaining);
    return entries;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read'
          : `cannot be read (${String(code)})`;
    return refuseSource(`${(error as NodeJS.ErrnoException).path ?? path} ${why}.`, { path }, error);
  }
}

interface VisitedPath {
  /** The path without symbolic links. */
  path: string;
  /** The path relative to the source; '' is the source itself. */
  name: string;
  /** The path of the source without symbolic links. */
  root: string;
  /** The directories that are being read, without symbolic links. */
  ancestors: string[];
}

async function readInto(entries: SourceEntry[], visited: VisitedPath, budget: Budget): Promise<void> {
  const stats = await stat(visited.path);
  budget.entries -= 1;
  if (budget.entries < 0) tooLarge('entries left', 0, 1);
  if (stats.isFile()) {
    entries.push({ path: visited.name, kind: 'file', bytes: await readWhole(visited.path, budget) });
  } else if (stats.isDirectory()) {
    entries.push({ path: visited.name, kind: 'directory' });
    await readDirectory(entries, visited, budget);
  } else {
    refuseSource(`${visited.path} is neither a file nor a directory.`, { path: visited.path });
  }
}

async function readDirectory(entries: SourceEntry[], visited: VisitedPath, budget: Budget): Promise<void> {
  const ancestors = [...visited.ancestors, visited.path];
  for (const child of await readdir(visited.path, { withFileTypes: true, encoding: 'buffer' })) {
    const childName = nameOf(child.name, visited.path);
    const path = join(visited.path, childName);
    const real = child.isSymbolicLink() ? await realpath(path) : path;
    if (real !== visited.root && !real.startsWith(visited.root + sep)) {
      refuseSource(`${path} is a link to ${real}, outside the added directory. Add that path separately.`, {
        path,
      });
    }
    if (ancestors.includes(real))
      refuseSource(`${path} is a link to a directory that contains it.`, { path });
    const name = visited.name === '' ? childName : `${visited.name}/${childName}`;
    await readInto(entries, { path: real, name, root: visited.root, ancestors }, budget);
  }
}

/** Decodes a file name of this machine. A name that is not UTF-8 cannot be stored in a bundle unchanged. */
function nameOf(bytes: Uint8Array, directory: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const shown = new TextDecoder().decode(bytes);
    return refuseSource(`${join(directory, shown)} has a name that is not UTF-8. Rename it.`, {
      path: directory,
    });
  }
}

/** Reads a file, but never more than the remaining budget, even if the file grows meanwhile. */
async function readWhole(path: string, budget: Budget): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > budget.bytes) tooLarge('bytes left', budget.bytes, size);
    const bytes = new Uint8Array(await file.readFile());
    if (bytes.length > budget.bytes) tooLarge('bytes left', budget.bytes, bytes.length);
    budget.bytes -= bytes.length;
    return bytes;
  } finally {
    await file.close();
  }
}
