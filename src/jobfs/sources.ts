/**
 * The sources of a job's files: bytes in memory, URLs and, through a port, files of the machine.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { tooLarge } from './tree.js';

/** What `add` accepts. A string is a path of this machine, never a URL. */
export type JobFsSource = string | URL | Blob | ArrayBuffer | ArrayBufferView;

/** The remaining bytes and entries that may be read. */
export interface Budget {
  bytes: number;
  entries: number;
}

/** One file or directory of a source, with its path relative to the source; '' if the source itself is a file. */
export type SourceEntry =
  { path: string; kind: 'file'; bytes: Uint8Array } | { path: string; kind: 'directory' };

/** The port to the platform, which entry points implement. */
export interface JobFsHost {
  /**
   * Reads a file, or a directory with its content (and an entry for itself); absent in pages, which cannot read files.
   */
  readPath?(path: string | URL, budget: Budget): Promise<SourceEntry[]>;
  fetch: typeof fetch;
}

/**
 * Reads a source.
 * @throws JOBFS_SOURCE, JOBFS_TOO_LARGE
 */
export async function readSource(
  source: JobFsSource,
  host: JobFsHost,
  budget: Budget,
): Promise<SourceEntry[]> {
  if (typeof source === 'string' || isFileUrl(source)) return readPath(source, host, budget);
  const bytes =
    source instanceof URL ? await download(source, host.fetch, budget) : await bytesOf(source, budget);
  return [{ path: '', kind: 'file', bytes }];
}

/** The file name of a source, which is the last component of its path; undefined if it has none. */
export function nameOfSource(source: JobFsSource): string | undefined {
  const path = typeof source === 'string' ? source : isNamingUrl(source) ? source.pathname : '';
  const name = path
    .split(/[/\\]/)
    .filter((part) => part !== '')
    .at(-1);
  if (name === undefined || name === '.' || name === '..') return undefined;
  return typeof source === 'string' ? name : decodeName(name);
}

/** @throws JOBFS_SOURCE always */
export function refuseSource(reason: string, info: Record<string, unknown> = {}, cause?: unknown): never {
  throw new ManyhandsError(
    'JOBFS_SOURCE',
    `JobFS: ${reason}`,
    info,
    cause === undefined ? undefined : { cause },
  );
}

function isFileUrl(source: unknown): source is URL {
  return source instanceof URL && source.protocol === 'file:';
}

function isNamingUrl(source: unknown): source is URL {
  return source instanceof URL && ['file:', 'http:', 'https:'].includes(source.protocol);
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function readPath(path: string | URL, host: JobFsHost, budget: Budget): Promise<SourceEntry[]> {
  if (typeof path === 'string' && /^[a-z]+:\/\//i.test(path)) {
    refuseSource(
      `${JSON.stringify(path)} is a string, which is a path. To download a URL, pass new URL(...).`,
    );
  }
  if (host.readPath === undefined) {
    refuseSource('A page cannot read files by their path. Pass bytes, a Blob or File, or an http(s) URL.');
  }
  return host.readPath(path, budget);
}

async function bytesOf(source: Blob | ArrayBuffer | ArrayBufferView, budget: Budget): Promise<Uint8Array> {
  if (source instanceof Blob) {
    if (source.size > budget.bytes) tooLarge('bytes left', budget.bytes, source.size);
    return new Uint8Array(await source.arrayBuffer());
  }
  // Already copied by the caller (`snapshot`), so that it cannot change while it is queued.
  return source as Uint8Array;
}

/** Copies bytes in memory; returns other sources unchanged. @throws JOBFS_SOURCE if the value is not a source */
export function snapshot(source: JobFsSource): JobFsSource {
  if (typeof source === 'string' || source instanceof URL || source instanceof Blob) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  }
  return refuseSource(
    `A source must be a path, a URL, bytes or a Blob, not ${source === null ? 'null' : typeof source}.`,
  );
}

async function download(url: URL, fetchUrl: typeof fetch, budget: Budget): Promise<Uint8Array> {
  const response = await fetchUrl(url).catch((error: unknown) =>
    refuseSource(`${url.href} could not be downloaded.`, { url: url.href }, error),
  );
  if (!response.ok) {
    await response.body?.cancel();
    refuseSource(`${url.href} returned status ${response.status}.`, {
      url: url.href,
      status: response.status,
    });
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (const reader = response.body?.getReader(); reader !== undefined;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > budget.bytes) {
        await reader.cancel();
        tooLarge('bytes left', budget.bytes, length);
      }
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof ManyhandsError) throw error;
    refuseSource(
      `The download of ${url.href} was interrupted after ${length} bytes.`,
      { url: url.href },
      error,
    );
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
