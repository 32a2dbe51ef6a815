/**
 * A plugin of Vite for pages that deploy jobs: it bundles work modules with their imports when the page is built, since a page
 * cannot bundle them and Vite's own output is of no use to a sandbox.
 * @module
 */
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundler } from './bundler.js';
import { ManyhandsError } from '../lib/errors.js';

/** What the plugin uses of Vite. */
interface PluginContext {
  emitFile(file: { type: 'asset'; name: string; source: Uint8Array }): string;
  addWatchFile(path: string): void;
  warn(text: string): void;
}

/** The plugin, in the form that Vite and Rollup take. */
export interface WorkModulesPlugin {
  name: string;
  enforce: 'pre';
  configResolved(config: { command: 'build' | 'serve' }): void;
  transform(this: PluginContext, code: string, id: string): Promise<{ code: string; map: null } | undefined>;
}

/** The modules that may deploy jobs, and the URLs of scripts in them, but for those of Workers. */
const IMPORTS_MANYHANDS = /\bfrom\s*["']manyhands["']|\bimport\s*\(\s*["']manyhands["']/;
const WORK_URL =
  /(?<!Worker\s*\(\s*)\bnew\s+URL\(\s*(["'`])(\.{1,2}\/[^"'`$?]+\.[cm]?[jt]sx?)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * Bundles each `new URL('./work.ts', import.meta.url)` of a module that imports `manyhands`, by esbuild. In a build it is a file
 * beside the page's own, on the development server a `data:` URL.
 */
export function workModules(): WorkModulesPlugin {
  let isBuild = true;
  return {
    name: 'manyhands-work-modules',
    enforce: 'pre',
    configResolved(config) {
      isBuild = config.command === 'build';
    },
    async transform(code, id) {
      if (!IMPORTS_MANYHANDS.test(code)) return undefined;
      let replaced = '';
      let end = 0;
      for (const found of code.matchAll(WORK_URL)) {
        const path = resolve(dirname(id.replace(/\?.*$/, '')), found[2]!);
        this.addWatchFile(path);
        const bytes = await bundleWorkModule(path, (text) => this.warn(text));
        const url = isBuild
          ? `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name: outputName(path), source: bytes })}`
          : JSON.stringify(`data:text/javascript;base64,${Buffer.from(bytes).toString('base64')}`);
        replaced += `${code.slice(end, found.index)}new URL(${url})`;
        end = found.index + found[0].length;
      }
      return end === 0 ? undefined : { code: replaced + code.slice(end), map: null };
    },
  };
}

const outputName = (path: string): string => basename(path).replace(/\.\w+$/, '.js');

/** @throws BUNDLER_MISSING, WORK_FUNCTION_INVALID with the file and line */
async function bundleWorkModule(path: string, warn: (text: string) => void): Promise<Uint8Array> {
  const { bytes, files, warnings } = await bundler.bundleModule(pathToFileURL(path));
  if (files.size > 0) {
    const text = `The work function's module ${path} uses files of packages, which a page cannot send: ${[...files.keys()].map((name) => basename(name)).join(', ')}. Deploy this job from Node, or add them to job.fs.`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text);
  }
  for (const text of warnings) warn(text);
  return bytes;
}
