/**
 * A small server for tests of the frame without a scheduler: dist/web with the headers of headers.json, the files
 * that its manifest takes from packages, and pages that a test hands in.
 * @module
 */
import { createRequire } from 'node:module';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('../../../dist/web/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export interface Asset {
  name: string;
  path: string;
  sha256: string;
  bytes: number;
  package?: string;
  file?: string;
}

export interface WebServer {
  url: string;
  close(): Promise<void>;
}

interface Rules {
  rules: { path: string; headers: Record<string, string> }[];
}

export async function readManifest(): Promise<Asset[]> {
  const text = await readFile(join(WEB, 'assets', 'manifest.json'), 'utf8');
  return (JSON.parse(text) as { assets: Asset[] }).assets;
}

/** Serves on a free port of loopback. `pages`: what is served besides, by path; `bare`: leaves the headers out there. */
export async function startWebServer(pages: Record<string, string>, bare: string[] = []): Promise<WebServer> {
  const { rules } = JSON.parse(await readFile(join(WEB, 'headers.json'), 'utf8')) as Rules;
  const assets = await readManifest();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(404).end());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const body = pages[path] ?? (await readFile(fileOf(path, assets)));
    if (!bare.includes(path)) {
      for (const rule of rules) {
        if (!matches(rule.path, path)) continue;
        for (const [name, value] of Object.entries(rule.headers)) response.setHeader(name, value);
      }
    }
    response.setHeader(
      'Content-Type',
      TYPES[extname(path === '/' ? '/index.html' : path)] ?? 'application/octet-stream',
    );
    response.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function matches(rule: string, path: string): boolean {
  return rule.endsWith('*') ? path.startsWith(rule.slice(0, -1)) : rule === path;
}

function fileOf(path: string, assets: Asset[]): string {
  const asset = assets.find((one) => one.path === path);
  if (asset?.package === undefined || asset.file === undefined) return join(WEB, path);
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`${asset.package}/package.json`)), asset.file);
}
