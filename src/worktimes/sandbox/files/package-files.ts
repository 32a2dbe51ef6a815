/**
 * The files of a worktime for a sandbox in a Node thread: what the assignment does not contain is read from the installed
 * package.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { installedFile } from '../../installed-file.js';
import { describeWorktime } from '../../registry.js';
import type { RuntimeFiles } from '../../runtime/runtime-env.js';

export function packageFiles(worktime: string, assets: WorktimeFiles): RuntimeFiles {
  const urlOf = (name: string): URL => installedFile(describeWorktime(worktime)!.assets!.package, name);
  const { files = [] } = describeWorktime(worktime)?.assets ?? {};
  return {
    has: (name) => Object.hasOwn(assets, name) || files.includes(name),
    async read(name) {
      const received = assets[name];
      return received instanceof Uint8Array ? received : new Uint8Array(await readFile(urlOf(name)));
    },
    importModule: async (name) => (await import(urlOf(name).href)) as Record<string, unknown>,
    compiled(name) {
      const module = assets[name];
      return module instanceof WebAssembly.Module ? Promise.resolve(module) : undefined;
    },
  };
}
