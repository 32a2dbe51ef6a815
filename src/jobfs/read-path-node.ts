/**
 * Reading the machine's files in Node, for the port of `sources.ts`. A link is followed where it leads to
 * something inside what is added, and refused where it leads out of it: nothing is shipped that was not named.
 * @module
 */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseSource } from './sources.js';
import type { Budget, SourceEntry } from './sources.js';
import { tooLarge } from './tree.js';

/**
 * A file, or a directory with all in it.
 * @throws JOBFS_SOURCE, JOBFS_TOO_LARGE
 */
export async function readPathNode(source: string | URL, budget: Budget): Promise<SourceEntry[]> {
  const path = typeof source === 'string' ? source : fileURLToPath(source);
  const left = { ...budget };
  try {
    const root = await realpath(path);
    const entries: SourceEntry[] = [];
    await readInto(entries, { path: root, name: '', root, above: [] }, left);
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

interface Place {
  /** Where it really is. */
  path: string;
  /** Below the source; '' is the source itself. */
  name: string;
  /** The source, where it really is. */
  root: string;
  /** The directories that are being read, where they really are. */
  above: string[];
}

async function readInto(entries: SourceEntry[], place: Place, left: Budget): Promise<void> {
  const found = await stat(place.path);
  left.entries -= 1;
  if (left.entries < 0) tooLarge('entries left', 0, 1);
  if (found.isFile()) {
    entries.push({ path: place.name, kind: 'file', bytes: await readWhole(place.path, left) });
  } else if (found.isDirectory()) {
    entries.push({ path: place.name, kind: 'directory' });
    await readDirectory(entries, place, left);
  } else {
    refuseSource(`${place.path} is neither a file nor a directory.`, { path: place.path });
  }
}

async function readDirectory(entries: SourceEntry[], place: Place, left: Budget): Promise<void> {
  const above = [...place.above, place.path];
  for (const child of await readdir(place.path, { withFileTypes: true, encoding: 'buffer' })) {
    const childName = nameOf(child.name, place.path);
    const path = join(place.path, childName);
    const real = child.isSymbolicLink() ? await realpath(path) : path;
    if (real !== place.root && !real.startsWith(place.root + sep)) {
      refuseSource(`${path} is a link that leads out of what is added, to ${real}. Add that by itself.`, {
        path,
      });
    }
    if (above.includes(real)) refuseSource(`${path} is a link to a directory that it is in.`, { path });
    const name = place.name === '' ? childName : `${place.name}/${childName}`;
    await readInto(entries, { path: real, name, root: place.root, above }, left);
  }
}

/** A name of this machine as text; one that is no UTF-8 cannot be written into a bundle as it is. */
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

/** Reads what is there, but no more than what is left even if the file grows meanwhile. */
async function readWhole(path: string, left: Budget): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > left.bytes) tooLarge('bytes left', left.bytes, size);
    const bytes = new Uint8Array(await file.readFile());
    if (bytes.length > left.bytes) tooLarge('bytes left', left.bytes, bytes.length);
    left.bytes -= bytes.length;
    return bytes;
  } finally {
    await file.close();
  }
}
