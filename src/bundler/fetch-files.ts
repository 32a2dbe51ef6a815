/**
 * A `fetch` for bundles that have files: libraries load their WebAssembly by it. It reads files of the job, and nothing
 * else.
 * @module
 */

/** The URL of a bundle in a sandbox (RFC 6761: the name never resolves); a job's file has its path. */
export const BUNDLE_URL = 'https://sandbox.invalid/work-function.js';

/** The name that stands for `fetch` in the text of a bundle. */
export const FETCH_NAME = '__fetchJobFile';

/** The statement that defines it. */
export const fetchDefinition = (): string => `const ${FETCH_NAME} = ${fetchJobFile.toString()};`;

/** The globals of a sandbox that the function below uses. */
declare const jobfs: { exists(path: string): boolean; readFile(path: string): Uint8Array<ArrayBuffer> };

/** Its text is put into bundles, so it uses nothing from outside of itself. */
async function fetchJobFile(input: string | URL | { url: string }): Promise<unknown> {
  const address = typeof input === 'object' && 'url' in input ? input.url : String(input);
  const url = new URL(address, 'https://sandbox.invalid/');
  const path = decodeURIComponent(url.pathname);
  const isOwn = url.origin === 'https://sandbox.invalid' && jobfs.exists(path);
  if (!isOwn && url.protocol !== 'data:')
    throw new TypeError(`A sandbox has no network: ${url.href.slice(0, 200)} is none of the job's files`);
  const types: Record<string, string> = { wasm: 'application/wasm', json: 'application/json' };
  let bytes: Uint8Array<ArrayBuffer>;
  let type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  if (isOwn) bytes = jobfs.readFile(path);
  else {
    const [, mime = '', base64, body = ''] = /^data:([^,;]*)[^,]*?(;base64)?,([^]*)$/.exec(url.href) ?? [];
    type = mime;
    const text = decodeURIComponent(body);
    bytes =
      base64 === undefined
        ? new TextEncoder().encode(text)
        : Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  }
  const headers = new Map([
    ['content-type', type],
    ['content-length', String(bytes.length)],
  ]);
  const text = (): string => new TextDecoder().decode(bytes);
  const response = {
    ok: true,
    status: 200,
    statusText: 'OK',
    url: url.href,
    type: 'basic',
    redirected: false,
    bodyUsed: false,
    headers: {
      get: (name: string) => headers.get(name.toLowerCase()) ?? null,
      has: (name: string) => headers.has(name.toLowerCase()),
    },
    get body() {
      return new Blob([bytes]).stream();
    },
    clone: () => ({ ...response }),
    arrayBuffer: () => Promise.resolve(bytes.slice().buffer),
    bytes: () => Promise.resolve(bytes.slice()),
    blob: () => Promise.resolve(new Blob([bytes], { type })),
    text: () => Promise.resolve(text()),
    json: () => Promise.resolve().then(() => JSON.parse(text()) as unknown),
  };
  return response;
}
