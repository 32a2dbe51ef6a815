/**
 * Binary framing of sandbox messages, for hosts whose sandboxes run in another process: a header of eight bytes, a JSON
 * text with the message, then the bytes that belong into it. Chunks of the stream may end anywhere. The reader trusts
 * nothing, since job code may be able to write to the stream.
 * @module
 */

/** Length of the text, then of the bytes after it, each 32 bits, little-endian. */
const HEAD_BYTES = 8;
/** Maximum size of a message's text, bytes: the longest are console output and stacks of errors, escaped. */
export const FRAME_TEXT_BYTES_MAX = 1024 * 1024;
/** Maximum depth of bytes in a message; messages of the protocol have at most four. */
const BYTES_DEPTH_MAX = 8;

/** The text: the message with null in place of its bytes, and the length and path of these, in order. */
type FrameText = [message: unknown, bytes: [length: number, ...path: string[]][]];

/** Encodes a message as chunks to be written in this order; large bytes are not copied. */
export function encodeFrame(message: unknown): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  const places: FrameText[1] = [];
  const hollow = takeBytes(message, [], (bytes, path) => {
    bodies.push(bytes);
    places.push([bytes.byteLength, ...path]);
  });
  const text = new TextEncoder().encode(JSON.stringify([hollow, places] satisfies FrameText));
  const head = new Uint8Array(HEAD_BYTES + text.byteLength);
  const view = new DataView(head.buffer);
  view.setUint32(0, text.byteLength, true);
  view.setUint32(4, bodies.reduce((sum, bytes) => sum + bytes.byteLength, 0), true); // prettier-ignore
  head.set(text, HEAD_BYTES);
  return [head, ...bodies];
}

/** Copies a value that contains bytes, with null in their place; a value without bytes is returned unchanged. */
function takeBytes(
  value: unknown,
  path: string[],
  take: (bytes: Uint8Array, path: string[]) => void,
): unknown {
  if (typeof value !== 'object' || value === null || path.length >= BYTES_DEPTH_MAX) return value;
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (bytes instanceof Uint8Array) {
    take(bytes, path);
    return null;
  }
  const inside = Object.keys(value).map((key) => {
    const item = (value as Record<string, unknown>)[key];
    return [key, takeBytes(item, [...path, key], take)] as const;
  });
  return Array.isArray(value) ? inside.map(([, item]) => item) : Object.fromEntries(inside);
}

export interface FrameLimits {
  /** Maximum bytes of one message's text. @default FRAME_TEXT_BYTES_MAX */
  textBytesMax?: number;
  /** Maximum bytes that one message carries in addition to its text. */
  bodyBytesMax: number;
}

/** Decodes messages from chunks of any size. */
export class FrameReader {
  readonly #textBytesMax: number;
  readonly #bodyBytesMax: number;
  readonly #deliver: (message: unknown) => void;
  /** The buffer that is being filled: a header, or the message after it. */
  #target: Uint8Array = new Uint8Array(HEAD_BYTES);
  #filled = 0;
  /** Length of the current message's text; undefined while a header is read. */
  #textBytes: number | undefined;

  constructor(limits: FrameLimits, deliver: (message: unknown) => void) {
    this.#textBytesMax = limits.textBytesMax ?? FRAME_TEXT_BYTES_MAX;
    this.#bodyBytesMax = limits.bodyBytesMax;
    this.#deliver = deliver;
  }

  /** Decodes the next chunk. Returns what is wrong with the stream, after which nothing more may be pushed. */
  push(piece: Uint8Array): string | undefined {
    let at = 0;
    while (at < piece.byteLength) {
      const some = piece.subarray(at, at + this.#target.byteLength - this.#filled);
      this.#target.set(some, this.#filled);
      this.#filled += some.byteLength;
      at += some.byteLength;
      if (this.#filled < this.#target.byteLength) return undefined;
      const wrong = this.#textBytes === undefined ? this.#endHead() : this.#endMessage(this.#textBytes);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #endHead(): string | undefined {
    const view = new DataView(this.#target.buffer, this.#target.byteOffset);
    const textBytes = view.getUint32(0, true);
    const bodyBytes = view.getUint32(4, true);
    if (textBytes === 0) return 'a message without a text';
    if (textBytes > this.#textBytesMax) return `a text of ${textBytes} bytes`;
    if (bodyBytes > this.#bodyBytesMax) return `${bodyBytes} bytes with one message`;
    this.#textBytes = textBytes;
    this.#expect(textBytes + bodyBytes);
    return undefined;
  }

  #endMessage(textBytes: number): string | undefined {
    const whole = this.#target;
    this.#textBytes = undefined;
    this.#expect(HEAD_BYTES);
    let message: unknown;
    try {
      message = readMessage(whole.subarray(0, textBytes), whole.subarray(textBytes));
    } catch (error) {
      return `a text that cannot be read (${error instanceof Error ? error.message : String(error)})`;
    }
    this.#deliver(message);
    return undefined;
  }

  #expect(bytes: number): void {
    this.#target = new Uint8Array(bytes);
    this.#filled = 0;
  }
}

/** Throws where it is malformed. Runs in time linear in the length of the text. */
function readMessage(text: Uint8Array, body: Uint8Array): unknown {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  if (!Array.isArray(parsed) || parsed.length !== 2 || !Array.isArray(parsed[1])) throw new Error('no frame');
  const holder = { message: parsed[0] as unknown };
  let at = 0;
  for (const place of parsed[1] as unknown[]) {
    if (!Array.isArray(place) || place.length > BYTES_DEPTH_MAX + 1) throw new Error('no place for bytes');
    const [length, ...path] = place as unknown[];
    if (
      !Number.isSafeInteger(length) ||
      (length as number) < 0 ||
      at + (length as number) > body.byteLength
    ) {
      throw new Error('bytes that are not there');
    }
    const end = at + (length as number);
    // A copy, so that it can be transferred and does not keep the whole message in memory.
    putBytes(holder, ['message', ...path], body.slice(at, end));
    at = end;
  }
  return holder.message;
}

/** Replaces a null of the message by bytes. */
function putBytes(holder: object, path: unknown[], bytes: Uint8Array): void {
  let target: unknown = holder;
  for (const [i, key] of path.entries()) {
    if (
      typeof key !== 'string' ||
      typeof target !== 'object' ||
      target === null ||
      !Object.hasOwn(target, key)
    ) {
      throw new Error('bytes without a place');
    }
    const inside = target as Record<string, unknown>;
    if (i < path.length - 1) target = inside[key];
    else if (inside[key] === null) Object.defineProperty(inside, key, { value: bytes });
    else throw new Error('bytes where something is');
  }
}
