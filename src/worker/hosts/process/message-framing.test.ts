/**
 * Framing of messages: decodes what was encoded, for any chunks, and rejects hostile input with a reason.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from './message-framing.js';

const LIMITS = { bodyBytesMax: 1_000 };

function read(bytes: Uint8Array, pieceBytes = bytes.byteLength, limits = LIMITS) {
  const messages: unknown[] = [];
  const reader = new FrameReader(limits, (message) => messages.push(message));
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    const wrong = reader.push(bytes.subarray(at, at + pieceBytes));
    if (wrong !== undefined) return { messages, wrong };
  }
  return { messages, wrong: undefined };
}

function join(...messages: unknown[]): Uint8Array {
  return new Uint8Array(Buffer.concat(messages.flatMap(encodeFrame)));
}

/** A frame with any text, also a malformed one. */
function raw(text: string, body = new Uint8Array(), claimed: Partial<{ text: number; body: number }> = {}) {
  const bytes = new TextEncoder().encode(text);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, claimed.text ?? bytes.byteLength, true);
  head.setUint32(4, claimed.body ?? body.byteLength, true);
  return new Uint8Array(Buffer.concat([new Uint8Array(head.buffer), bytes, body]));
}

const MESSAGES = [
  { type: 'assigned' },
  { type: 'run', batch: 1, inputs: [{ first: 1, segment: Uint8Array.of(1, 2, 3) }], reportEach: false },
  {
    type: 'assign',
    assets: { a: new Uint8Array(300).fill(7), b: new Uint8Array(0), $bytes: Uint8Array.of(9) },
  },
  { type: 'console', message: 'ä € 𝄞 \u2028 "' },
];

describe('frames', () => {
  it.each([1, 3, 8, 9, 100, 10_000])('are decoded from chunks of %i bytes', (pieceBytes) => {
    expect(read(join(...MESSAGES), pieceBytes)).toEqual({ messages: MESSAGES, wrong: undefined });
  });

  it('encode an ArrayBuffer as its bytes', () => {
    expect(read(join({ bytes: Uint8Array.of(1, 2).buffer })).messages).toEqual([
      { bytes: Uint8Array.of(1, 2) },
    ]);
  });

  it('decode bytes into separate buffers, which can be transferred', () => {
    const [message] = read(join({ a: Uint8Array.of(1), b: Uint8Array.of(2) })).messages;
    const { a, b } = message as Record<'a' | 'b', Uint8Array>;
    expect([a.buffer.byteLength, b.buffer.byteLength]).toEqual([1, 1]);
  });

  it.each([
    ['no text', raw(''), 'a message without a text'],
    ['a text over its limit', raw('1', undefined, { text: 2 ** 21 }), 'a text of 2097152 bytes'],
    ['bytes over their limit', raw('1', undefined, { body: 1_001 }), '1001 bytes with one message'],
    ['no JSON', raw('{'), 'a text that cannot be read'],
    ['no UTF-8', new Uint8Array([...raw('11').subarray(0, 8), 0xff, 0xff]), 'a text that cannot be read'],
    ['another JSON', raw('{"a":1}'), 'no frame'],
    [
      'bytes that are not there',
      raw('[{"a":null},[[3,"a"]]]', new Uint8Array(2)),
      'bytes that are not there',
    ],
    [
      'bytes of a strange length',
      raw('[{"a":null},[[-1,"a"]]]', new Uint8Array(2)),
      'bytes that are not there',
    ],
    ['bytes for another place', raw('[{"a":1},[[2,"a"]]]', new Uint8Array(2)), 'bytes where something is'],
    ['bytes for a prototype', raw('[{},[[2,"__proto__","x"]]]', new Uint8Array(2)), 'bytes without a place'],
    ['bytes far down', raw(`[{},[[1${',"a"'.repeat(99)}]]]`, new Uint8Array(1)), 'no place for bytes'],
  ])('are refused with %s', (_what, bytes, reason) => {
    expect(read(bytes).wrong).toContain(reason);
  });

  it('are decoded in linear time, also malformed ones', () => {
    // Quadratic time would exceed the timeout of this test.
    const abyss = `${'['.repeat(250_000)}${']'.repeat(250_000)}`;
    expect(read(raw(`[${abyss},[]]`)).wrong).toBeUndefined();
    expect(read(raw(`[[${'{"a":1},'.repeat(100_000)}1],[]]`)).wrong).toBeUndefined();
  });

  it('encode a Buffer as bytes', () => {
    expect(read(join({ bytes: Buffer.of(1, 2) })).messages).toEqual([{ bytes: Uint8Array.of(1, 2) }]);
  });
});
