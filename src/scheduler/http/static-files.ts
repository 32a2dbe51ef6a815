/**
 * Serves the donor's page and its assets from the build's output folder, every file with its headers, and the large files
 * of installed packages (Pyodide) from `node_modules`, as the build's manifest lists them.
 * @module
 */
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PACKAGE_LIST_PATH } from '../../protocol/wire/offered-paths.js';
import { packageList, packagePaths, type OfferedFiles } from './offered-files.js';
import { allowFrameOrigins, addSandboxOrigins } from './sandbox-origins.js';

export interface StaticFiles {
  /** Serves the path if it exists; resolves with whether it does. */
  serve(path: string, method: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

const MANIFEST_PATH = '/assets/manifest.json';

interface HeaderRule {
  /** An exact path, or a prefix that ends in `*`. */
  path: string;
  headers: Record<string, string>;
}

interface Asset {
  path: string;
  sha256: string;
  package?: string;
  file?: string;
}

interface Served {
  file: string;
  etag?: string;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Opens the files under `folder`, which are listed once: other paths are never looked up on the disk. Undefined when the
 * page was not built.
 * `sandboxOrigins`: see `sandbox-origins.ts`.
 */
export async function openStaticFiles(
  folder: string,
  sandboxOrigins: readonly string[] = [],
  offered?: OfferedFiles,
): Promise<StaticFiles | undefined> {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const served = new Map<string, Served>();
  for (const file of await filesUnder(folder)) {
    served.set(`/${relative(folder, file).split(sep).join('/')}`, { file });
  }
  served.delete('/headers.json');
  for (const asset of await readAssets(folder)) {
    const file = fileOf(asset, folder) ?? served.get(asset.path)?.file;
    if (file !== undefined) served.set(asset.path, { file, etag: `"${asset.sha256}"` });
  }
  for (const { path, file, sha256 } of offered?.assets ?? []) served.set(path, { file, etag: `"${sha256}"` });
  if (offered !== undefined) for (const [path, file] of packagePaths(offered)) served.set(path, { file });
  const manifest = await manifestText(served.get(MANIFEST_PATH)?.file, sandboxOrigins, offered);
  const texts = new Map<string, string>([
    ...(manifest === undefined ? [] : [[MANIFEST_PATH, manifest] as const]),
    ...(offered === undefined ? [] : [[PACKAGE_LIST_PATH, packageList(offered)] as const]),
  ]);
  const index = served.get('/index.html');
  if (index !== undefined) served.set('/', index);
  const embed = served.get('/embed.html');
  if (embed !== undefined) served.set('/embed', embed);
  const rules = await readRules(folder);
  return {
    async serve(path, method, request, response) {
      const headers = allowFrameOrigins(headersFor(rules, path), sandboxOrigins);
      const text = texts.get(path);
      if (text !== undefined) {
        response.writeHead(200, { ...headers, 'Content-Type': TYPES['.json'] });
        response.end(method === 'HEAD' ? undefined : text);
        return true;
      }
      const found = served.get(path);
      if (found === undefined) return false;
      await send(found, headers, method, request, response);
      return true;
    },
  };
}

/** The manifest with what is not in the build's; undefined where nothing is added. */
async function manifestText(
  file: string | undefined,
  sandboxOrigins: readonly string[],
  offered: OfferedFiles | undefined,
): Promise<string | undefined> {
  const added = offered?.assets ?? [];
  if (file === undefined || (sandboxOrigins.length === 0 && added.length === 0)) return undefined;
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { assets: object[] };
  const assets = [...manifest.assets, ...added.map(({ file: _, ...asset }) => asset)];
  const text = JSON.stringify({ ...manifest, assets });
  return sandboxOrigins.length === 0 ? text : addSandboxOrigins(text, sandboxOrigins);
}

async function send(
  { file, etag }: Served,
  headers: Record<string, string>,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
  if (etag !== undefined) response.setHeader('ETag', etag);
  if (etag !== undefined && request.headers['if-none-match'] === etag) {
    return void response.writeHead(304).end();
  }
  response.setHeader('Content-Length', (await stat(file)).size);
  response.writeHead(200);
  if (method === 'HEAD') return void response.end();
  await pipeline(createReadStream(file), response);
}

/** Merges the headers of all matching rules; later rules override earlier ones. */
function headersFor(rules: readonly HeaderRule[], path: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const rule of rules) {
    const isHit = rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path;
    if (isHit) Object.assign(headers, rule.headers);
  }
  return headers;
}

async function readRules(folder: string): Promise<HeaderRule[]> {
  const { rules } = JSON.parse(await readFile(join(folder, 'headers.json'), 'utf8')) as {
    rules: HeaderRule[];
  };
  return rules;
}

async function readAssets(folder: string): Promise<Asset[]> {
  const manifest = join(folder, 'assets', 'manifest.json');
  if (!existsSync(manifest)) return [];
  return (JSON.parse(await readFile(manifest, 'utf8')) as { assets: Asset[] }).assets;
}

/** The file of an asset that is not at its path: in an installed package, or relative to `folder`. */
function fileOf({ package: name, file }: Asset, folder: string): string | undefined {
  if (file === undefined) return undefined;
  if (name === undefined) return join(folder, file);
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
