/**
 * The bytes of a work function's module, fetched by the deployer: workers get it with the job and reach no address.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** @throws WORK_FUNCTION_INVALID */
export async function fetchModule(fetcher: typeof fetch, url: URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetcher(url);
  } catch (cause) {
    throw unreadable(url, 'no answer', cause);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw unreadable(url, `status ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** The error for a module that cannot be had. */
export function unreadable(url: URL, why: string, cause?: unknown): ManyhandsError {
  // Only of the web: a file has no origin, and what a query has may be a secret.
  const place = url.origin === 'null' ? url.href.slice(0, 200) : `${url.origin}${url.pathname}`;
  const text = `The work function's module cannot be read from ${place}: ${why}.`;
  return new ManyhandsError('WORK_FUNCTION_INVALID', text, { url: place }, { cause });
}
