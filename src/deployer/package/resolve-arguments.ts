/**
 * Arguments that are read when a job is deployed: files, and content by address. They are fetched here and sent with the job,
 * once, so that workers need no access to their origins. Loaded for jobs that have some.
 * @module
 */
import { readBounded } from '../../client/http/read-bounded.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { decodeContent } from '../../protocol/input/remote-content.js';
import { REMOTE_BYTES_MAX } from '../../protocol/limits.js';
import { readDataUrl, RemoteDataSet } from '../../protocol/input/remote-sets.js';
import { isBlob, readBlob } from '../arguments/read-blob.js';

/** Characters of an address that errors show. */
const URL_SHOWN_LENGTH_MAX = 500;

/**
 * The arguments as values, in their order: an address as its content, a data set of addresses as one argument for each of
 * them, and a blob as its bytes.
 * @throws FETCH_FAILED, VALUE_TOO_LARGE, or the reason of the signal
 */
export async function resolveArguments(
  args: readonly unknown[],
  fetcher: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg instanceof RemoteDataSet) {
      for (const url of arg) values.push(await fetchArgument(url, fetcher, signal));
    } else if (arg instanceof URL) values.push(await fetchArgument(arg.href, fetcher, signal));
    else values.push(isBlob(arg) ? await readBlob(arg, `args[${index}]`) : arg);
    signal?.throwIfAborted();
  }
  return values;
}

async function fetchArgument(
  url: string,
  fetcher: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (url.startsWith('data:')) return readDataUrl(url);
  try {
    const answer = await fetcher(url, { credentials: 'omit', signal: signal ?? null });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw failed(url, `it answered with ${answer.status}`);
    }
    const bytes = await readBounded(answer, REMOTE_BYTES_MAX);
    if (bytes === undefined) throw failed(url, `it is larger than ${REMOTE_BYTES_MAX} bytes`);
    return decodeContent(answer.headers.get('content-type'), bytes);
  } catch (cause) {
    signal?.throwIfAborted();
    if (isError(cause, 'FETCH_FAILED') && cause.info.url !== undefined) throw cause;
    throw failed(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function failed(url: string, what: string, cause?: unknown): ManyhandsError {
  const text = `The argument at ${url.slice(0, URL_SHOWN_LENGTH_MAX)} could not be fetched: ${what}.`;
  return new ManyhandsError('FETCH_FAILED', text, { url }, { cause });
}
