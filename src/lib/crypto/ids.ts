/**
 * Opaque ids: 22 characters of base64url from 128 random bits or more, as in DCP.
 * @module
 */
import type { Random } from './random.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The form of job ids, lease ids, append ids and worker ids. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** A new random id. */
export function newId(random: Random): string {
  const bytes = random.bytes(17);
  let id = '';
  for (let i = 0, bits = 0, held = 0; id.length < 22;) {
    if (bits < 6) {
      held = (held << 8) | bytes[i++]!;
      bits += 8;
    }
    bits -= 6;
    id += ALPHABET[(held >> bits) & 63];
    held &= (1 << bits) - 1;
  }
  return id;
}

/** Lower-case hexadecimal of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
