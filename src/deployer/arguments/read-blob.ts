/**
 * Reads a `Blob` or `File` that is a datum or an argument: workers get its bytes. Its type and name are not sent.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../../protocol/limits.js';

export const isBlob = (value: unknown): value is Blob => typeof value === 'object' && value instanceof Blob;

/**
 * The bytes of a blob, which is read when it is its turn.
 * @param path its place in the call, `data[17]`
 * @throws VALUE_TOO_LARGE before anything of it is read; the error of the platform if the file was changed or removed
 */
export async function readBlob(blob: Blob, path: string): Promise<Uint8Array> {
  if (blob.size <= VALUE_BYTES_MAX) return new Uint8Array(await blob.arrayBuffer());
  const name = 'name' in blob ? ` ${String(blob.name).slice(0, 200)}` : '';
  const text =
    `${path} is a file${name} of ${blob.size} bytes, and a value has at most ${VALUE_BYTES_MAX}: ` +
    'pass parts of it, blob.slice(start, end), as data.';
  throw new ManyhandsError('VALUE_TOO_LARGE', text, { path, limit: 'VALUE_BYTES_MAX' });
}
