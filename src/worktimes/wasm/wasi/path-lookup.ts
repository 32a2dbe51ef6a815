/**
 * Resolves paths of a module's file system: from a directory, through symbolic links, to a node or to the directory in which
 * it would be created.
 * @module
 */
import { ERRNO, WasiError } from './constants.js';
import { DirectoryNode, SymlinkNode, type Inode } from './inodes.js';

/** Limits of symbolic links in a path, bytes of a name and bytes of a path, as on Linux. */
const LINKS_MAX = 40;
const NAME_BYTES_MAX = 255;
const PATH_BYTES_MAX = 4_096;

/** The result of resolving a path. */
export interface LookupResult {
  readonly parent: DirectoryNode;
  /** The last name, in `parent`; empty where the path ends with `.` or `..`, or is the root. */
  readonly name: string;
  readonly node: Inode | undefined;
  /** Whether the path ends with a slash and so must be a directory. */
  readonly requiresDirectory: boolean;
}

/** Decodes a path. @throws EILSEQ, EINVAL, ENOENT or ENAMETOOLONG */
export function decodePath(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new WasiError(ERRNO.NOENT);
  if (bytes.length > PATH_BYTES_MAX) throw new WasiError(ERRNO.NAMETOOLONG);
  if (bytes.includes(0)) throw new WasiError(ERRNO.INVAL);
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // The decoder throws a TypeError only for bytes that are not UTF-8.
    if (error instanceof TypeError) throw new WasiError(ERRNO.ILSEQ);
    throw error;
  }
  return path;
}

/** Resolves a path. @throws ENOENT where a directory on the way is missing, ENOTDIR, ELOOP or ENAMETOOLONG */
export function lookUpPath(
  root: DirectoryNode,
  start: DirectoryNode,
  path: string,
  followLast: boolean,
): LookupResult {
  const requiresDirectory = path.endsWith('/');
  const remaining = partsOf(path).reverse();
  let at = path.startsWith('/') ? root : start;
  let links = 0;
  for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
    if (part === '.') continue;
    if (part === '..') {
      at = at.parent;
      continue;
    }
    const isLast = remaining.length === 0;
    const node = at.entries.get(part);
    if (node === undefined) {
      if (isLast) return { parent: at, name: checkName(part), node, requiresDirectory };
      throw new WasiError(ERRNO.NOENT);
    }
    if (node instanceof SymlinkNode && (!isLast || followLast || requiresDirectory)) {
      if (++links > LINKS_MAX) throw new WasiError(ERRNO.LOOP);
      if (node.target.startsWith('/')) at = root;
      remaining.push(...partsOf(node.target).reverse());
      continue;
    }
    if (isLast) return { parent: at, name: part, node, requiresDirectory };
    if (!(node instanceof DirectoryNode)) throw new WasiError(ERRNO.NOTDIR);
    at = node;
  }
  return { parent: at.parent, name: '', node: at, requiresDirectory };
}

/** Whether a path leaves its start directory, as `../x` does. */
export function escapesStart(path: string): boolean {
  let depth = 0;
  for (const part of partsOf(path)) {
    depth += part === '..' ? -1 : part === '.' ? 0 : 1;
    if (depth < 0) return true;
  }
  return false;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function checkName(name: string): string {
  if (name.length > NAME_BYTES_MAX || new TextEncoder().encode(name).length > NAME_BYTES_MAX) {
    throw new WasiError(ERRNO.NAMETOOLONG);
  }
  return name;
}
