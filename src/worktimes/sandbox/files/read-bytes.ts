/**
 * Reads what the supervisor sent, by a method that was captured before job code ran.
 * @module
 */
import { apply, methodOf } from '../../realm/captured.js';

const readBlob = methodOf(Blob.prototype, 'arrayBuffer');

export async function readBytes(file: Uint8Array | Blob): Promise<Uint8Array> {
  return file instanceof Uint8Array ? file : new Uint8Array((await apply(readBlob, file, [])) as ArrayBuffer);
}
