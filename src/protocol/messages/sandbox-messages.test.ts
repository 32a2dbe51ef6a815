import { describe, expect, it } from 'vitest';
import { SEGMENT_BYTES_MAX, ERROR_TEXT_LENGTH_MAX } from '../limits.js';
import { sandboxMessage } from './sandbox-messages.js';

const OUTCOMES = {
  type: 'outcomes',
  batch: 1,
  first: 1,
  count: 2,
  segment: new Uint8Array(3),
  computeMs: 0.5,
  done: true,
};
const ERROR = { code: 'ASSIGN_FAILED', message: 'SyntaxError' };
const MESSAGES: object[] = [
  { type: 'warmed' },
  { type: 'warmed', incompatible: true },
  { type: 'warm-failed', error: ERROR },
  { type: 'snapshot', bytes: new Uint8Array(9) },
  { type: 'assigned', incompatible: false },
  { type: 'assign-failed', error: ERROR },
  { type: 'begin', sliceNumber: 7 },
  OUTCOMES,
  { type: 'quiesced', nonce: 'n' },
  { type: 'pong', nonce: 'n' },
  { type: 'progress', sliceNumber: 7, progress: 0.5 },
  { type: 'console', sliceNumber: 7, level: 'log', message: 'hello', same: 2 },
];

describe('a message of a sandbox', () => {
  it.each(MESSAGES)('%o is accepted as it is', (message) => {
    expect(sandboxMessage(message)).toEqual(message);
  });

  it.each(MESSAGES)('%o is refused with a field of the wrong type, or without one', (message) => {
    for (const field of Object.keys(message).filter((key) => key !== 'type')) {
      expect(() => sandboxMessage({ ...message, [field]: { wrong: 1 } }), field).toThrow();
      const isOptional = ['incompatible', 'progress', 'same'].includes(field);
      const { [field as never]: _removed, ...rest } = message;
      if (!isOptional) expect(() => sandboxMessage(rest), field).toThrow();
    }
  });

  it('of an unknown type is refused', () => {
    expect(() => sandboxMessage({ type: '' })).toThrow();
    expect(() => sandboxMessage({ type: 'run' })).toThrow();
  });

  it('with outcomes of several slices is limited to a segment, and of one slice to a value', () => {
    const large = new Uint8Array(SEGMENT_BYTES_MAX + 1);
    expect(() => sandboxMessage({ ...OUTCOMES, segment: large })).toThrow();
    expect(sandboxMessage({ ...OUTCOMES, segment: large.subarray(1) })).toBeDefined();
    expect(sandboxMessage({ ...OUTCOMES, count: 1, segment: large })).toBeDefined();
  });

  it('with shared memory is refused', () => {
    const segment = new Uint8Array(new SharedArrayBuffer(3));
    expect(() => sandboxMessage({ ...OUTCOMES, segment })).toThrow();
  });

  it('with a long text of an error has the beginning of it', () => {
    const error = { ...ERROR, message: 'x'.repeat(ERROR_TEXT_LENGTH_MAX + 1) };
    expect(sandboxMessage({ type: 'assign-failed', error })).toEqual({
      type: 'assign-failed',
      error: { ...ERROR, message: 'x'.repeat(ERROR_TEXT_LENGTH_MAX) },
    });
  });
});
