/**
 * Downloads the module of a work function. The deployer does it, because workers get the module with the job and have
 * no network access.
 * @module
 */
import { readBounded } from '../../client/http/read-bounded.js';
import { ManyhandsError } from '../../lib/errors.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';

/** @throws WORK_FUNCTION_INVALID, also where the module is larger than a blob may be */
export async function fetchModule(fetcher: typeof fetch, url: URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetcher(url);
  } catch (cause) {
    throw moduleReadError(url, 'no answer', cause);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw moduleReadError(url, `status ${response.status}`);
  }
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readBounded(response, BLOB_BYTES_MAX);
  } catch (cause) {
    throw moduleReadError(url, 'the transfer was interrupted', cause);
  }
  if (bytes === undefined) throw moduleReadError(url, `it has more than ${BLOB_BYTES_MAX} bytes`);
  return bytes;
}

/** The error for a module that cannot be read. */
export function moduleReadError(url: URL, why: string, cause?: unknown): ManyhandsError {
  // The query of a web URL may contain a secret, so it is left out. A file URL has no origin and is shown whole.
  const shownUrl = url.origin === 'null' ? url.href.slice(0, 200) : `${url.origin}${url.pathname}`;
  const text = `The work function's module cannot be read from ${shownUrl}: ${why}.`;
  return new ManyhandsError('WORK_FUNCTION_INVALID', text, { url: shownUrl }, { cause });
}
