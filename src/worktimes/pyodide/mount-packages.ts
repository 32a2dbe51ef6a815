/**
 * Puts the packages of a job where Python looks for them. Files are listed at once and unpacked when they are first read:
 * of a large package a job reads a part, and of one whose modules are in a snapshot only its shared libraries.
 * @module
 */
import type { PyodideInterface } from 'pyodide';
import type { PyProxy } from 'pyodide/ffi';
import { openZip, type ZipFile } from '../../jobfs/zip.js';
import { ManyhandsError } from '../../lib/errors.js';
import { MODULE_UNPACKED_BYTES_MAX } from '../../protocol/limits.js';
import type { ModulesOfJob } from '../runtime/runtime.js';

/** Where the dynamic loader looks for libraries that modules name. */
const LIBRARY_FOLDER = '/usr/lib';
/** The parts of a wheel's `.data` folder that are modules; scripts, headers and data files have no use here. */
const MODULE_SCHEMES = new Set(['purelib', 'platlib']);

/** A file of Emscripten's in-memory file system. */
interface MemoryNode {
  contents: Uint8Array;
  usedBytes: number;
}

/** The parts of Emscripten that are used here; they are internal, and may change with any version of Pyodide. */
interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, bytes: Uint8Array): void;
  lookupPath(path: string): { node: MemoryNode };
}

interface EmscriptenModule {
  FS: FileSystem;
  loadDynamicLibrary(path: string, flags: object, scope?: object | null): unknown;
  /** The loaded libraries by the name under which each was loaded. */
  LDSO: { loadedLibsByName: Record<string, unknown> };
}

export function emscriptenOf(pyodide: PyodideInterface): EmscriptenModule {
  return (pyodide as unknown as { _module: EmscriptenModule })._module;
}

/**
 * Makes the packages importable. Archives that are no wheels hold libraries that several packages share; they are loaded.
 * @throws JOBFS_MALFORMED, JOBFS_TOO_LARGE; ASSIGN_FAILED where a library cannot be loaded
 */
export function mountPackages(pyodide: PyodideInterface, { files }: ModulesOfJob): void {
  const module = emscriptenOf(pyodide);
  const site = sitePackages(pyodide);
  let left = MODULE_UNPACKED_BYTES_MAX;
  const libraries: string[] = [];
  for (const { name, bytes } of files) {
    const isWheel = name.endsWith('.whl');
    for (const file of openZip(bytes, `The package ${name}`, left)) {
      left -= file.size;
      const path = isWheel ? placeInSite(site, file.path) : placeOfLibrary(file.path);
      if (path === undefined) continue;
      mountFile(module.FS, path, file);
      if (!isWheel) libraries.push(path);
    }
  }
  for (const path of libraries) loadLibrary(module, path);
}

function sitePackages(pyodide: PyodideInterface): string {
  const sys = pyodide.pyimport('sys') as PyProxy & { version_info: PyProxy & { minor: number } };
  const version = sys.version_info;
  const path = `/lib/python3.${version.minor}/site-packages`;
  version.destroy();
  sys.destroy();
  return path;
}

/** Undefined for files that are not put anywhere. */
function placeInSite(site: string, path: string): string | undefined {
  const data = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(path);
  if (data === null) return `${site}/${path}`;
  return MODULE_SCHEMES.has(data[1]!) ? `${site}/${data[2]!}` : undefined;
}

function placeOfLibrary(path: string): string | undefined {
  return path.endsWith('.so') ? `${LIBRARY_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)}` : undefined;
}

/** An empty file whose node unpacks the bytes when they are first needed. */
function mountFile(FS: FileSystem, path: string, file: ZipFile): void {
  FS.mkdirTree(path.slice(0, path.lastIndexOf('/')));
  FS.writeFile(path, new Uint8Array(0));
  if (file.size === 0) return;
  const { node } = FS.lookupPath(path);
  const keep = (value: Uint8Array): Uint8Array => {
    Object.defineProperty(node, 'contents', { value, writable: true, enumerable: true, configurable: true });
    return value;
  };
  node.usedBytes = file.size;
  Object.defineProperty(node, 'contents', {
    get: () => keep(file.read()),
    set: keep,
    enumerable: true,
    configurable: true,
  });
}

/** Its symbols are visible to all modules that are loaded later. */
function loadLibrary(module: EmscriptenModule, path: string): void {
  try {
    module.loadDynamicLibrary(
      path,
      { global: true, nodelete: true, loadAsync: false, allowUndefined: true, fs: module.FS },
      {},
    );
    // Modules name it without its folder; the loader would look for it again, in vain.
    const { loadedLibsByName } = module.LDSO;
    loadedLibsByName[path.slice(path.lastIndexOf('/') + 1)] = loadedLibsByName[path];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ManyhandsError(
      'ASSIGN_FAILED',
      `The library ${path} cannot be loaded: ${why}`,
      { path },
      { cause },
    );
  }
}
