/**
 * The files from which threads of this process start worktimes: they are read once, and WebAssembly modules are compiled
 * once for all threads.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { LoadWorktimeFiles } from '../worker/assets/job-package-cache.js';
import { installedFile } from '../worktimes/installed-file.js';
import { compileForSandboxes } from '../worktimes/quota/compile-module.js';
import { describeWorktime } from '../worktimes/registry.js';
import type { WorktimeAssets } from '../worktimes/runtime/descriptor.js';

type LoadedFiles = ReturnType<LoadWorktimeFiles>;

/** The files of a worktime for threads; empty for a worktime without files. */
export function threadWorktimeFiles(): LoadWorktimeFiles {
  const loaded = new Map<string, LoadedFiles>();
  return ({ name }) => {
    const assets = describeWorktime(name)?.assets;
    if (assets === undefined) return Promise.resolve({});
    let files = loaded.get(name);
    if (files === undefined) {
      files = load(assets);
      loaded.set(name, files);
      files.catch(() => loaded.delete(name));
    }
    return files;
  };
}

/** Without the modules of JavaScript, which a thread imports from the package by itself. */
async function load({ package: packageName, files }: WorktimeAssets): LoadedFiles {
  const given = files.filter((name) => !name.endsWith('.mjs'));
  const entries = given.map(async (name) => {
    const bytes = new Uint8Array(await readFile(installedFile(packageName, name)));
    return [name, name.endsWith('.wasm') ? await compileForSandboxes(bytes) : bytes] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
