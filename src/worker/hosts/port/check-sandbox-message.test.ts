import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlobRef, encodeError, ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import { SegmentWriter } from '../../../protocol/segment/segment.js';
import { sandboxMessage } from '../../../protocol/messages/sandbox-messages.js';
import { validValue, wrongFields } from '../../../testing/message-arbitraries.js';
import { checkSandboxMessage } from './check-sandbox-message.js';

function segment(fill: (writer: SegmentWriter) => void): Uint8Array {
  const writer = new SegmentWriter();
  fill(writer);
  return writer.finish();
}

const ONE = segment((w) => w.appendValue(1));
const outcomes = { type: 'outcomes', batch: 1, first: 1, count: 1, segment: ONE, computeMs: 0.5, done: true };

const good: ({ type: string } & Record<string, unknown>)[] = [
  { type: 'assigned' },
  { type: 'assign-failed', error: { code: 'X', message: 'why' } },
  { type: 'begin', sliceNumber: 5 },
  outcomes,
  {
    ...outcomes,
    segment: segment((w) => w.appendEnvelope(ENVELOPE_KIND.error, encodeError(new Error('no')))),
  },
  { type: 'progress', sliceNumber: 5 },
  { type: 'progress', sliceNumber: 5, progress: 0.5 },
  { type: 'console', sliceNumber: 5, level: 'log', message: 'hello' },
  { type: 'console', sliceNumber: 5, level: 'warn', message: 'hello', same: 3 },
];

const bad: [string, unknown][] = [
  ['nothing', undefined],
  ['text', 'assigned'],
  ['an unknown type', { type: 'grant' }],
  ['a type of another kind', { type: { toString: () => 'assigned' } }],
  ['slice 0', { type: 'begin', sliceNumber: 0 }],
  ['half a slice', { type: 'begin', sliceNumber: 1.5 }],
  ['too large a slice', { type: 'begin', sliceNumber: 2 ** 60 }],
  [
    'a blob, which only supervisors make',
    {
      ...outcomes,
      segment: segment((w) =>
        w.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest: '0'.repeat(64), bytes: 1 })),
      ),
    },
  ],
  [
    'a delegated outcome',
    { ...outcomes, segment: segment((w) => w.appendEnvelope(ENVELOPE_KIND.delegated, new Uint8Array(1))) },
  ],
  [
    'an error as large as a value',
    { ...outcomes, segment: segment((w) => w.appendEnvelope(ENVELOPE_KIND.error, new Uint8Array(300_000))) },
  ],
  ['a segment of another count', { ...outcomes, count: 2 }],
  ['too many at once', { ...outcomes, count: 100_000 }],
  [
    'many outcomes past a segment’s size',
    {
      ...outcomes,
      count: 2,
      segment: segment((w) => (w.appendValue('x'.repeat(700_000)), w.appendValue('x'.repeat(700_000)))),
    },
  ],
  ['one outcome past a value’s size', { ...outcomes, segment: new Uint8Array(65 * 1024 * 1024) }],
  ['bytes of another kind', { ...outcomes, segment: new Uint16Array(ONE) }],
  ['a time that is negative', { ...outcomes, computeMs: -1 }],
  ['a time without end', { ...outcomes, computeMs: Infinity }],
  ['an end that is neither', { ...outcomes, done: 1 }],
  ['progress beyond the end', { type: 'progress', sliceNumber: 1, progress: 1.1 }],
  ['progress that is no number', { type: 'progress', sliceNumber: 1, progress: 'half' }],
  ['a level that is none', { type: 'console', sliceNumber: 1, level: 'shout', message: 'x' }],
  ['words that are none', { type: 'console', sliceNumber: 1, level: 'log', message: ['x'] }],
  ['an error without a message', { type: 'assign-failed', error: { code: 'X' } }],
];

describe('the check of sandbox messages', () => {
  it.each(good)('accepts a valid message unchanged: $type', (message) => {
    expect(checkSandboxMessage(message)).toEqual({ ok: message });
  });

  it.each(bad)('rejects %s', (_what, message) => {
    expect(checkSandboxMessage(message)).toEqual({
      violation: expect.stringMatching(/^The sandbox posted .+\.$/),
    });
  });

  it('drops fields that are not part of the message', () => {
    const { ok } = checkSandboxMessage({ ...outcomes, gen: 7, slot: 3, ['__proto__']: { x: 1 } }) as {
      ok: object;
    };
    expect(Object.keys(ok).sort()).toEqual([
      'batch',
      'computeMs',
      'count',
      'done',
      'first',
      'segment',
      'type',
    ]);
  });

  it('truncates text that is too long', () => {
    const said = checkSandboxMessage({
      type: 'console',
      sliceNumber: 1,
      level: 'log',
      message: 'x'.repeat(1_000_000),
    });
    expect((said as { ok: { message: string } }).ok.message).toHaveLength(65_536);
    const failed = checkSandboxMessage({
      type: 'assign-failed',
      error: { code: 'c'.repeat(999), message: 'm'.repeat(99_999) },
    });
    expect(failed).toEqual({
      ok: { type: 'assign-failed', error: { code: 'c'.repeat(64), message: 'm'.repeat(16_384) } },
    });
  });

  it('accepts every valid message of each type unchanged, and names the only field that is wrong', () => {
    fc.assert(
      fc.property(validValue(sandboxMessage.schema), (message) => {
        expect(sandboxMessage(message)).toEqual(message);
        for (const { path, what, value } of wrongFields(sandboxMessage.schema, message)) {
          const text = `The sandbox posted a malformed message: ${path === '' ? 'it' : path} should be `;
          expect(checkSandboxMessage(value), `${path} ${what}`).toEqual({
            violation: expect.stringContaining(text) as unknown,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever is posted', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withBigInt: true, withNullPrototype: true }), (raw) => {
        const checked = checkSandboxMessage(raw);
        expect('ok' in checked || 'violation' in checked).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws, whatever byte of a segment is changed', () => {
    const many = segment((w) => [1, 'two', [3], null, undefined].forEach((v) => w.appendValue(v)));
    fc.assert(
      fc.property(fc.nat(many.length - 1), fc.nat(255), (at, byte) => {
        const changed = many.slice();
        changed[at] = byte;
        expect(() => checkSandboxMessage({ ...outcomes, count: 5, segment: changed })).not.toThrow();
      }),
    );
  });
});
