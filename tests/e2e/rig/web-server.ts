/**
 * The scheduler's static server without a scheduler: dist/web as it is served, and pages that a test puts in.
 * @module
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStaticFiles } from '../../../src/scheduler/http/static-files.js';

export const WEB = fileURLToPath(new URL('../../../dist/web/', import.meta.url));

export interface Asset {
  name: string;
  path: string;
  sha256: string;
  bytes: number;
}

export interface WebServer {
  url: string;
  close(): Promise<void>;
}

export async function readManifest(): Promise<Asset[]> {
  const text = await readFile(join(WEB, 'assets', 'manifest.json'), 'utf8');
  return (JSON.parse(text) as { assets: Asset[] }).assets;
}

/** Serves on a free port of loopback. `pages`: what is served besides, or in place of what is there, by file name. */
export async function startWebServer(pages: Record<string, string>): Promise<WebServer> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-web-'));
  await cp(WEB, folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) await writeFile(join(folder, name), text);
  const files = await openStaticFiles(folder);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    files?.serve(pathname, request.method ?? 'GET', request, response).then(
      (found) => found || response.writeHead(404).end(),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
