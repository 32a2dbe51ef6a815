/**
 * Writes tar in the ustar format, with a pax record for a name that ustar cannot represent. Headers contain no time,
 * user or machine, so that equal files give equal bytes.
 * @module
 */
const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const encoder = new TextEncoder();

/** The end of an archive: two zero blocks. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

/** The header blocks of a member. `path` is absolute; the name of a member is the path without the leading slash. */
export function tarHeader(path: string, kind: 'file' | 'directory', bytes: number): Uint8Array {
  const name = encoder.encode(path.slice(1) + (kind === 'directory' ? '/' : ''));
  const type = kind === 'directory' ? '5' : '0';
  if (name.length <= NAME_BYTES && isAscii(name)) return ustar(name, type, bytes);
  const record = paxRecord('path', name);
  const pax = ustar(encoder.encode('pax'), 'x', record.length);
  // Readers without pax support see a truncated name.
  const own = ustar(name.subarray(0, NAME_BYTES), type, bytes);
  return concat([pax, record, tarPadding(record.length), own]);
}

/** The zeros that pad `bytes` bytes of content to a whole block. */
export function tarPadding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

function ustar(name: Uint8Array, type: string, bytes: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(name);
  put(block, 100, type === '5' ? '0000755' : '0000644');
  put(block, 108, '0000000');
  put(block, 116, '0000000');
  put(block, 124, bytes.toString(8).padStart(11, '0'));
  put(block, 136, '00000000000');
  put(block, 148, '        ');
  put(block, 156, type);
  put(block, 257, 'ustar\x0000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** `<length> <key>=<value>\n`, where the length includes its own digits. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return concat([encoder.encode(`${length} ${key}=`), value, encoder.encode('\n')]);
}

function put(block: Uint8Array, at: number, text: string): void {
  block.set(encoder.encode(text), at);
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
