/**
 * What threads of this process start Pyodide from: its files, read once, and its WebAssembly, compiled once for all.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { LoadWorktimeFiles } from '../worker/assets/job-package-cache.js';
import { compileForSandboxes } from '../worktimes/quota/compile-module.js';

/** What a thread does not import by itself. */
const FILES = ['python_stdlib.zip', 'pyodide-lock.json'];
const COMPILED = 'pyodide.asm.wasm';

/** Files of worktimes for threads; those of other worktimes than Pyodide are none. */
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
