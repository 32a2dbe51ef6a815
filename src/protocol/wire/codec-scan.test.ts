/**
 * The check of a message's structure accepts every plain MessagePack value, and nothing else.
 * @module
 */
import { Packr } from 'msgpackr';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMessage } from './codec-scan.js';
import { MESSAGE_DEPTH_MAX, MESSAGE_NODES_MAX } from '../limits.js';

const packr = new Packr({ useRecords: false, variableMapSize: true });

function nested(depth: number): Uint8Array {
  return Uint8Array.from([...Array.from({ length: depth }, () => 0x91), 0xc0]);
}

describe('scanning', () => {
  it('takes every plain value', () => {
    const leaf = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.integer(),
      fc.double(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 400 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('value'), { maxLength: 40 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 40 }),
      ),
    }));
    fc.assert(fc.property(value, (v) => scanMessage(new Uint8Array(packr.pack(v)))));
  });

  it('refuses every message that is truncated or has further bytes', () => {
    const bytes = new Uint8Array(
      packr.pack({
        text: 'x'.repeat(40),
        list: [1, -70_000, 1.5, 2n ** 60n, null],
        bytes: new Uint8Array(300),
      }),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(() => scanMessage(bytes.subarray(0, length))).toThrow(/MessagePack/);
    }
    expect(() => scanMessage(Uint8Array.from([...bytes, 0xc0]))).toThrow(/further bytes/);
  });

  it.each([
    ['an extension of fixed size', [0xd4, 0, 0]],
    ['an extension', [0xc7, 1, 0x74, 0]],
    ['a long extension', [0xc9, 0, 0, 0, 1, 0x65, 0xc0]],
    ['the token that nobody uses', [0xc1]],
    ['a key that is a number', [0x81, 5, 5]],
    ['a key that is a map', [0x81, 0x80, 5]],
    ['an array longer than the message', [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0]],
    ['a map longer than the message', [0xdf, 0x7f, 0xff, 0xff, 0xff, 0xa0, 0xc0]],
    ['text longer than the message', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x41]],
    ['bytes longer than the message', [0xc6, 0xff, 0xff, 0xff, 0xff, 0x41]],
  ])('refuses %s', (_, bytes) => {
    expect(() => scanMessage(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_MALFORMED' }),
    );
  });

  it('bounds nesting', () => {
    scanMessage(nested(MESSAGE_DEPTH_MAX));
    expect(() => scanMessage(nested(MESSAGE_DEPTH_MAX + 1))).toThrow(/nesting/);
    expect(() => scanMessage(nested(1_000_000))).toThrow(/nesting/);
  });

  it('bounds the number of values', () => {
    const list = (count: number): Uint8Array => {
      const bytes = new Uint8Array(5 + count).fill(0x90);
      bytes[0] = 0xdd;
      new DataView(bytes.buffer).setUint32(1, count);
      return bytes;
    };
    scanMessage(list(MESSAGE_NODES_MAX - 1));
    expect(() => scanMessage(list(MESSAGE_NODES_MAX))).toThrow(/more than/);
  });
});
