/**
 * The service worker: it serves the page's own files without a network, and nothing else. Jobs, the sandbox and its
 * files are never cached here, so that a stale or manipulated cache cannot affect them.
 * @module
 */

/** Defined by the build: the paths of the page's files, and a version that changes with their content. */
declare const SHELL: readonly string[];
declare const SHELL_VERSION: string;

/** The globals of a service worker that this script uses; the DOM's types do not have them. */
interface ExtendableEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(name: 'fetch', listener: (event: FetchEvent) => void): void;
}

const scope = globalThis as unknown as ServiceScope;
const PREFIX = 'manyhands-shell-';
const CACHE = PREFIX + SHELL_VERSION;

scope.addEventListener('install', (event) => {
  event.waitUntil(fill());
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(forgetOld());
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  const path = url.pathname === '/index.html' ? '/' : url.pathname;
  if (!SHELL.includes(path)) return;
  // A file with a hash in its name never changes; the others are fetched, and taken from the cache without a network.
  event.respondWith(path.startsWith('/assets/') ? fromCache(path, request) : fromNetwork(path, request));
});

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'no-cache' })));
  await scope.skipWaiting();
}

async function forgetOld(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function fromCache(path: string, request: Request): Promise<Response> {
  return (await caches.match(path)) ?? fetch(request);
}

async function fromNetwork(path: string, request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.ok) return response;
    return (await caches.match(path)) ?? response;
  } catch (error) {
    const kept = await caches.match(path);
    if (kept === undefined) throw error;
    return kept;
  }
}
