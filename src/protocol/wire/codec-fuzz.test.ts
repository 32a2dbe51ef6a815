/**
 * Whatever a peer sends, decoding returns a message of a known type or throws a coded error, and a decoded message can be
 * encoded again.
 * @module
 */
import { Packr } from 'msgpackr';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { validMessage, validValue } from '../../testing/message-arbitraries.js';
import { MESSAGE_CATALOG } from '../messages/catalog.js';
import { decodeClientMessage, decodeReply, decodeSchedulerMessage, encodeMessage } from './codec.js';
import type { ClientMessage, RequestType, SchedulerMessage } from '../messages/messages.js';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const pack = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value));

const WIRE_CODES = ['MESSAGE_MALFORMED', 'MESSAGE_UNKNOWN', 'MESSAGE_TOO_LARGE', 'PROTOCOL_VERSION'];
const RUNS = { numRuns: process.env.DEEP === '1' ? 50_000 : 700 };

/** Decodes in both directions; what is taken must come through again unchanged. */
function survives(bytes: Uint8Array): void {
  for (const decode of [decodeClientMessage, decodeSchedulerMessage]) {
    let message: ClientMessage | SchedulerMessage;
    try {
      message = decode(bytes);
    } catch (error) {
      if (!isError(error)) throw error;
      expect(WIRE_CODES).toContain(error.code);
      continue;
    }
    expect(decode(encodeMessage(message))).toEqual(message);
  }
}

const sample = fc.oneof(...MESSAGE_CATALOG.map(validMessage));

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    -(2n ** 63n),
    2n ** 64n - 1n,
    '',
    '__proto__',
    'constructor',
    'x'.repeat(70_000),
    '\ud800',
    [],
    {},
    [[[[]]]],
    new Uint8Array(0),
    new Uint8Array(1_048_577),
    { kind: 'range', start: 1e308, step: 1e308, count: 2 ** 53 - 1 },
    { kind: 'constructor' },
    { code: 'NOT_A_CODE', message: 'x', info: { __proto__: null, toString: 1 } },
  ),
  fc.object({ maxDepth: 3, withBigInt: true }),
  fc.string(),
  fc.double(),
);

/** Every place in a message: the keys that lead to it. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('decoding survives', () => {
  it('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), RUNS);
  });

  it('valid messages with bytes changed, cut out or put in', () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 4 }));
    fc.assert(
      fc.property(sample, fc.array(edit, { minLength: 1, maxLength: 4 }), (message, edits) => {
        let bytes = [...encodeMessage(message as ClientMessage)];
        for (const [at, cut, put] of edits) bytes.splice(at % (bytes.length + 1), cut, ...put);
        if (bytes.length > 5_000) bytes = bytes.slice(0, 5_000);
        survives(Uint8Array.from(bytes));
      }),
      RUNS,
    );
  });

  it('one field taken for another', () => {
    fc.assert(
      fc.property(sample, fc.nat(), odd, (message, at, by) => {
        const all = places(message);
        const changed = replaced(message, all[at % all.length]!, by);
        let bytes: Uint8Array;
        try {
          bytes = pack(changed);
        } catch {
          return fc.pre(false);
        }
        survives(bytes);
      }),
      RUNS,
    );
  });

  it('the fields of one type under the name of another', () => {
    fc.assert(
      fc.property(sample, sample, fc.boolean(), (message, other, merged) => {
        const { type } = other;
        survives(pack({ ...(merged ? other : {}), ...message, type }));
      }),
      RUNS,
    );
  });

  it('replies to something else', () => {
    const requests = MESSAGE_CATALOG.filter(({ reply }) => reply !== undefined);
    const types = requests.map(({ type }) => type as RequestType);
    const body = fc.oneof(...requests.map(({ reply }) => validValue(reply!)), odd);
    fc.assert(
      fc.property(fc.constantFrom(...types), body, (type, found) => {
        try {
          decodeReply(type, found);
        } catch (error) {
          expect(isError(error, 'MESSAGE_MALFORMED')).toBe(true);
        }
      }),
      RUNS,
    );
  });
});
