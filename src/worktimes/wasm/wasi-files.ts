/**
 * The file system that a module of WASI sees: the job's files, which nobody can change, and a scratch folder in memory.
 * The tree of the job's files is made once and shared by all slices.
 * @module
 */
import {
  Directory,
  File,
  Inode,
  OpenDirectory,
  OpenFile,
  PreopenDirectory,
  wasi as defs,
  type Fd,
} from '@bjorn3/browser_wasi_shim';
import type { JobFileEntry } from '../runtime.js';

/** Where a command may write; each slice of a command begins with it empty. */
export const SCRATCH = '/tmp';

/** The root of the job's files, for any number of instances. */
export function jobRoot(files: ReadonlyMap<string, JobFileEntry>, cwd: string): FixedDirectory {
  const root = new FixedDirectory(new Map());
  makeDirectory(root, SCRATCH);
  for (const [path, entry] of files) {
    if (entry.kind === 'directory') makeDirectory(root, path);
    else {
      const folder = makeDirectory(root, path.slice(0, path.lastIndexOf('/')));
      folder.contents.set(path.slice(path.lastIndexOf('/') + 1), new FixedFile(entry.bytes));
    }
  }
  // The C library of WASI takes a relative path from the root: there it finds the job's directory, too.
  for (const [name, inode] of makeDirectory(root, cwd).contents) {
    if (!root.contents.has(name)) root.contents.set(name, inode);
  }
  return root;
}

/** What one instance finds open besides its streams. */
export function openFolders(root: FixedDirectory): Fd[] {
  return [new FixedPreopen(root), new PreopenDirectory(SCRATCH, new Map())];
}

/** A stream to read from. */
export function inputOf(bytes: Uint8Array): Fd {
  return new OpenFile(new FixedFile(bytes));
}

function makeDirectory(root: FixedDirectory, path: string): FixedDirectory {
  let at = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    let next = at.contents.get(name);
    if (!(next instanceof FixedDirectory)) {
      next = new FixedDirectory(new Map(), at);
      at.contents.set(name, next);
    }
    at = next as FixedDirectory;
  }
  return at;
}

class FixedFile extends File {
  constructor(bytes: Uint8Array) {
    // The library's own constructor would copy the bytes.
    super([], { readonly: true });
    this.data = bytes;
  }

  override path_open(oflags: number, rights: bigint, flags: number): { ret: number; fd_obj: OpenFile } {
    const opened = super.path_open(oflags, rights, flags);
    if (opened.ret === defs.ERRNO_PERM || (flags & defs.FDFLAGS_APPEND) !== 0) opened.ret = defs.ERRNO_ROFS;
    else if (opened.ret === defs.ERRNO_SUCCESS) opened.fd_obj = new FixedOpenFile(this);
    return opened;
  }
}

/** The library's own lets a file that is read only be cut and stretched. */
class FixedOpenFile extends OpenFile {
  override fd_allocate(): number {
    return defs.ERRNO_ROFS;
  }

  override fd_filestat_set_size(): number {
    return defs.ERRNO_ROFS;
  }
}

/** A directory in which nothing can be made, changed or removed. */
export class FixedDirectory extends Directory {
  readonly #above: Inode | undefined;

  constructor(contents: Map<string, Inode>, above?: Inode) {
    super(contents);
    this.#above = above;
  }

  override parent_ino(): bigint {
    return this.#above?.ino ?? Inode.root_ino();
  }

  override path_open(): { ret: number; fd_obj: OpenDirectory } {
    return { ret: defs.ERRNO_SUCCESS, fd_obj: new FixedOpenDirectory(this) };
  }
}

class FixedOpenDirectory extends OpenDirectory {
  override path_open(...[lookup, path, oflags, ...rest]: Parameters<OpenDirectory['path_open']>): {
    ret: number;
    fd_obj: Fd | null;
  } {
    // What is there may be opened; what is not is never made.
    const opened = super.path_open(lookup, path, oflags & ~defs.OFLAGS_CREAT, ...rest);
    const wanted = (oflags & defs.OFLAGS_CREAT) !== 0 && opened.ret === defs.ERRNO_NOENT;
    return wanted ? { ret: defs.ERRNO_ROFS, fd_obj: null } : opened;
  }

  override path_create_directory(): number {
    return defs.ERRNO_ROFS;
  }

  override path_link(): number {
    return defs.ERRNO_ROFS;
  }

  override path_unlink(): { ret: number; inode_obj: Inode | null } {
    return { ret: defs.ERRNO_ROFS, inode_obj: null };
  }

  override path_unlink_file(): number {
    return defs.ERRNO_ROFS;
  }

  override path_remove_directory(): number {
    return defs.ERRNO_ROFS;
  }
}

class FixedPreopen extends FixedOpenDirectory {
  override fd_prestat_get(): { ret: number; prestat: defs.Prestat | null } {
    return { ret: defs.ERRNO_SUCCESS, prestat: defs.Prestat.dir('/') };
  }
}
