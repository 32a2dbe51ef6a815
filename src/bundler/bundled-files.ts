/**
 * The files that packages read while they run: imported WebAssembly and other binary files, and what
 * `new URL('name', import.meta.url)` names. They become files of the job.
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Loader, OnLoadResult, Plugin } from 'esbuild';
import { sha256Hex } from '../lib/crypto/sha256.js';

/** The directory of these files among those of the job. */
const DIRECTORY = '/bundled';

/** Files whose import gives their bytes. */
const BYTES = /\.(?:wasm|bin|dat|data|onnx|gz|zip|png|jpe?g|gif|webp|ttf|otf|woff2?)$/;

/** Files whose import gives their text. */
const TEXT_EXTENSIONS = [
  '.txt',
  '.md',
  '.csv',
  '.tsv',
  '.html',
  '.svg',
  '.xml',
  '.glsl',
  '.wgsl',
  '.sql',
  '.yaml',
];
export const TEXT_LOADERS: Record<string, Loader> = Object.fromEntries(
  TEXT_EXTENSIONS.map((extension) => [extension, 'text']),
);

const SCRIPTS = /\.([cm]?[jt]s|[jt]sx)$/;
const FILE_URL = /\bnew\s+URL\(\s*(["'`])([^"'`$]+)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

export class BundledFiles {
  readonly #files = new Map<string, Uint8Array>();

  /** Those of the files that the text names. */
  usedIn(text: string): Map<string, Uint8Array> {
    return new Map([...this.#files].filter(([path]) => text.includes(path)));
  }

  /** Imports of binary files. */
  readonly imports: Plugin = {
    name: 'binary-imports',
    setup: (build) => {
      build.onLoad({ filter: BYTES }, async ({ path }) => {
        const file = JSON.stringify(await this.#add(path));
        return { contents: `export default /* @__PURE__ */ jobfs.readFile(${file});`, loader: 'js' };
      });
    },
  };

  /** Replaces the names of files in `new URL`. Reading every script here takes time: only bundles that need it do. */
  readonly urls: Plugin = {
    name: 'file-urls',
    setup: (build) => {
      build.onLoad({ filter: SCRIPTS }, ({ path }) => this.#rewrite(path));
    },
  };

  async #rewrite(path: string): Promise<OnLoadResult | undefined> {
    const text = await readFile(path, 'utf8');
    let contents = '';
    let end = 0;
    for (const found of text.matchAll(FILE_URL)) {
      const file = resolve(dirname(path), found[2]!);
      const isNamed = !SCRIPTS.test(file) && existsSync(file) && (await stat(file)).isFile();
      if (!isNamed) continue;
      contents += `${text.slice(end, found.index)}new URL(${JSON.stringify(await this.#add(file))}, import.meta.url)`;
      end = found.index + found[0].length;
    }
    if (end === 0) return undefined;
    return { contents: contents + text.slice(end), loader: loaderOf(path) };
  }

  /** The path of the file among those of the job; equal for equal content. */
  async #add(path: string): Promise<string> {
    const bytes = new Uint8Array(await readFile(path));
    const place = `${DIRECTORY}/${sha256Hex(bytes).slice(0, 12)}/${basename(path)}`;
    this.#files.set(place, bytes);
    return place;
  }
}

function loaderOf(path: string): Loader {
  const extension = extname(path).slice(1).replace(/^[cm]/, '');
  return extension as Loader;
}
