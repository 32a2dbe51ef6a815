/**
 * Reads a package index by its simple interface: JSON (PEP 691), or the older pages of links (PEP 503).
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { DIGEST_PATTERN } from '../../../lib/crypto/sha256.js';
import { BLOB_BYTES_MAX } from '../../../protocol/limits.js';
import type { Download } from '../../packing/module-resolver.js';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
/** The list of files of one package: thousands of entries. */
const LIST_BYTES_MAX = 64 * 1024 * 1024;

export interface IndexFile {
  readonly fileName: string;
  readonly url: string;
  readonly sha256?: string | undefined;
  /** Version specifiers of Python; empty for any. */
  readonly requiresPython: string;
}

/** The files of a package, those that were withdrawn left out; none where the index does not know it. @throws MODULES_UNRESOLVED */
export async function listIndex(download: Download, index: string, name: string): Promise<IndexFile[]> {
  const url = `${index.replace(/\/+$/, '')}/${name}/`;
  const accept = `${JSON_TYPE}, text/html;q=0.5`;
  try {
    const answer = await download(url, { accept, bytesMax: LIST_BYTES_MAX });
    if (answer.status === 404) return [];
    const text = new TextDecoder().decode(answer.bytes);
    return answer.contentType.includes('json') ? readJson(text, answer.url) : readLinks(text, answer.url);
  } catch (cause) {
    throw readError(url, cause);
  }
}

/** @throws MODULES_UNRESOLVED, also where it is larger than a blob may be */
export async function downloadFile(download: Download, url: string): Promise<Uint8Array> {
  try {
    const { status, bytes } = await download(url, { bytesMax: BLOB_BYTES_MAX });
    if (status === 404) throw new Error('it is not there any more');
    return bytes;
  } catch (cause) {
    throw readError(url, cause);
  }
}

function readJson(text: string, base: string): IndexFile[] {
  const { files } = JSON.parse(text) as { files?: unknown };
  if (!Array.isArray(files)) throw new Error('it lists no files');
  return (files as Record<string, unknown>[]).flatMap((file) => {
    const { filename, url, hashes, yanked, 'requires-python': requires } = file;
    if (typeof filename !== 'string' || typeof url !== 'string') return [];
    if (yanked !== undefined && yanked !== false) return [];
    const sha256 = (hashes as Record<string, unknown> | undefined)?.['sha256'];
    return entry(filename, new URL(url, base).href, sha256, requires);
  });
}

function readLinks(text: string, base: string): IndexFile[] {
  const links = text.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi);
  return [...links].flatMap(([, attributes = '', shown = '']) => {
    const valueOf = (name: string): string | undefined =>
      new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(attributes)?.slice(1).join('');
    const href = valueOf('href');
    if (href === undefined || /\bdata-yanked\b/i.test(attributes)) return [];
    const url = new URL(href.replaceAll('&amp;', '&'), base);
    const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    url.hash = '';
    const requires = valueOf('data-requires-python')?.replaceAll('&gt;', '>').replaceAll('&lt;', '<');
    return entry(shown.trim(), url.href, sha256, requires);
  });
}

function entry(fileName: string, url: string, sha256: unknown, requires: unknown): IndexFile[] {
  if (!/^https?:/.test(url)) return [];
  const digest = typeof sha256 === 'string' && DIGEST_PATTERN.test(sha256) ? sha256 : undefined;
  return [{ fileName, url, sha256: digest, requiresPython: typeof requires === 'string' ? requires : '' }];
}

function readError(url: string, cause: unknown): ManyhandsError<'MODULES_UNRESOLVED'> {
  const why = cause instanceof Error ? cause.message : String(cause);
  // The user and the query of an address may be secrets.
  const shown = URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url;
  const text =
    `The package index cannot be read: ${shown}: ${why}. Check the address and the network, or put the wheels into a ` +
    'folder and set job.wheels.';
  return new ManyhandsError('MODULES_UNRESOLVED', text, { url: shown }, { cause });
}
