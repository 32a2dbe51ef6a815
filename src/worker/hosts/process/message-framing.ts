/**
 * Messages of sandboxes as bytes, for hosts whose sandboxes live in another process: a head of eight bytes, a text
 * (JSON) with the message, and the bytes that belong into it. A stream of them may be cut anywhere. The reader takes nothing for granted,
 * since what job code can reach may write here.
 * @module
 */

/** Length of the text, then of the bytes behind it, each as 32 bits, little end first. */
const HEAD_BYTES = 8;
/** A message's text: the longest are a console's words and an error's stack, escaped. */
export const FRAME_TEXT_BYTES_MAX = 1024 * 1024;
/** How deep in a message bytes may lie; those of the wire are at most at four. */
const BYTES_DEPTH_MAX = 8;

/** A message's text: the message with nothing where its bytes belong, and for these their length and place, in order. */
type FrameText = [message: unknown, bytes: [length: number, ...path: string[]][]];

/** One message in pieces, to be written in this order; large bytes are not copied. */
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

/** A copy of what holds bytes, with nothing in their place; what holds none stays as it is. */
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
  /** Bytes of one message's text. @default FRAME_TEXT_BYTES_MAX */
  textBytesMax?: number;
  /** Bytes that one message carries beside its text. */
  bodyBytesMax: number;
}

/** Puts messages together again from pieces of any size. */
export class FrameReader {
  readonly #textBytesMax: number;
  readonly #bodyBytesMax: number;
  readonly #deliver: (message: unknown) => void;
  /** What is filled at present: a head, or a message behind its head. */
  #target: Uint8Array = new Uint8Array(HEAD_BYTES);
  #filled = 0;
  /** Bytes of the text of the message at work; nothing while a head is read. */
  #textBytes: number | undefined;

  constructor(limits: FrameLimits, deliver: (message: unknown) => void) {
    this.#textBytesMax = limits.textBytesMax ?? FRAME_TEXT_BYTES_MAX;
    this.#bodyBytesMax = limits.bodyBytesMax;
    this.#deliver = deliver;
  }

  /** Takes the next piece; answers what is wrong with the stream, after which nothing more may be pushed. */
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

/** Throws where it is malformed. The time it takes grows with the text, whatever is in there. */
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
    // A copy of its own: it may be transferred, and does not keep the rest of the message.
    putBytes(holder, ['message', ...path], body.slice(at, end));
    at = end;
  }
  return holder.message;
}

/** Puts bytes where nothing was left for them. */
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
