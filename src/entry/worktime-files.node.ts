/**
 * The files from which threads of this process start Pyodide: they are read once, and the WebAssembly module is
 * compiled once for all threads.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { LoadWorktimeFiles } from '../worker/assets/job-package-cache.js';
import { compileForSandboxes } from '../worktimes/quota/compile-module.js';

/** The files that a thread does not import by itself. */
const FILES = ['python_stdlib.zip', 'pyodide-lock.json'];
const COMPILED = 'pyodide.asm.wasm';

/** The files of a worktime for threads; empty for worktimes other than Pyodide. */
export function threadWorktimeFiles(): LoadWorktimeFiles {
  let pyodide: ReturnType<LoadWorktimeFiles> | undefined;
  return (worktime) => {
    if (worktime.name !== 'pyodide') return Promise.resolve({});
    if (pyodide === undefined) {
      pyodide = load();
      pyodide.catch(() => (pyodide = undefined));
    }
    return pyodide;
  };
}

async function load(): ReturnType<LoadWorktimeFiles> {
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await readFile(new URL(import.meta.resolve(`pyodide/${file}`))));
  const compiled = read(COMPILED).then((bytes) => compileForSandboxes(bytes));
  const files = FILES.map(async (file) => [file, await read(file)] as const);
  return { ...Object.fromEntries(await Promise.all(files)), [COMPILED]: await compiled };
}
