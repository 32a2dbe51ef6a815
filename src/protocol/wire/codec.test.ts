/**
 * The wire's codec on messages of every type: what goes in comes out, and what is wrong is named.
 * @module
 */
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import type { ManyhandsError } from '../../lib/errors.js';
import {
  SAMPLE_CLIENT_MESSAGES,
  SAMPLE_REPLIES,
  SAMPLE_SCHEDULER_MESSAGES,
} from '../../testing/sample-messages.js';
import { decodeClientMessage, decodeReply, decodeSchedulerMessage, encodeMessage } from './codec.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  ERROR_TEXT_LENGTH_MAX,
  MESSAGE_BYTES_MAX,
  SEGMENT_BYTES_MAX,
} from '../limits.js';
import type { ClientMessage, Reply, RequestType, SchedulerMessage } from '../messages/messages.js';
import { PROTOCOL_VERSION } from '../messages/version.js';

const raw = new Packr({ useRecords: false, variableMapSize: true });
const pack = (value: unknown): Uint8Array => new Uint8Array(raw.pack(value));

function thrownBy(fn: () => unknown): ManyhandsError {
  try {
    fn();
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const clientSamples = Object.values(SAMPLE_CLIENT_MESSAGES).flat() as ClientMessage[];
const schedulerSamples = Object.values(SAMPLE_SCHEDULER_MESSAGES).flat() as SchedulerMessage[];
const replySamples = Object.entries(SAMPLE_REPLIES).flatMap(([type, bodies]) =>
  bodies.map((body) => [type as RequestType, body] as const),
);

describe('a message', () => {
  it.each(clientSamples.map((message) => [message.type, message] as const))(
    'of a client comes through: %s',
    (_, m) => {
      expect(decodeClientMessage(encodeMessage(m))).toEqual(m);
    },
  );

  it.each(schedulerSamples.map((message) => [message.type, message] as const))(
    'of the scheduler comes through: %s',
    (_, m) => {
      expect(decodeSchedulerMessage(encodeMessage(m))).toEqual(m);
    },
  );

  it.each(replySamples)('that replies to %s comes through', (type, body) => {
    const reply = decodeSchedulerMessage(encodeMessage({ type: 'reply', replyTo: 3, body })) as Reply;
    expect(reply.replyTo).toBe(3);
    expect(decodeReply(type, reply.body)).toEqual(body);
  });

  it('keeps bytes that are Uint8Array, not Buffer', () => {
    const [sample] = SAMPLE_CLIENT_MESSAGES['lease.report'];
    const { segment } = decodeClientMessage(Buffer.from(encodeMessage(sample!))) as typeof sample & object;
    expect(Object.getPrototypeOf(segment)).toBe(Uint8Array.prototype);
  });

  it('gives a large segment as a view, and a small one apart from a large buffer', () => {
    const report = (bytes: number) =>
      encodeMessage({
        ...SAMPLE_CLIENT_MESSAGES['lease.report'][0]!,
        segment: new Uint8Array(bytes).fill(7),
      });
    const received = (message: Uint8Array) => {
      const chunk = new Uint8Array(new ArrayBuffer(2 * SEGMENT_BYTES_MAX), 5, message.length);
      chunk.set(message);
      const decoded = decodeClientMessage(chunk) as { segment: Uint8Array };
      return { segment: decoded.segment, chunk };
    };
    const large = received(report(SEGMENT_BYTES_MAX));
    expect(large.segment.buffer).toBe(large.chunk.buffer);
    const small = received(report(100));
    expect(small.segment.buffer.byteLength).toBe(100);
    expect(small.segment).toEqual(new Uint8Array(100).fill(7));
  });

  it('may carry its integers in any form', () => {
    const message = decodeClientMessage(pack({ type: 'lease.request', request: 7n, idle: true }));
    expect(message).toEqual({ type: 'lease.request', request: 7, idle: true });
    const mint = SAMPLE_CLIENT_MESSAGES['account.mint'][0]!;
    expect(decodeClientMessage(pack({ ...mint, amount: 12 }))).toEqual({ ...mint, amount: 12n });
  });

  it('has nil or nothing where a field may be absent', () => {
    const message = { type: 'lease.request', request: 7, idle: true };
    expect(decodeClientMessage(pack({ ...message, loadedJob: null }))).toEqual(message);
    const absent = { ...message, loadedJob: undefined } as ClientMessage;
    expect(decodeClientMessage(encodeMessage(absent))).toEqual(message);
  });
});

describe('decoding', () => {
  it('drops what it does not know, and prototypes', () => {
    const text = (value: string): number[] => [0xa0 + value.length, ...new TextEncoder().encode(value)];
    const bytes = Uint8Array.from([
      0x84,
      ...text('type'),
      ...text('ping'),
      ...text('id'),
      5,
      ...text('future'),
      1,
      ...text('__proto__'),
      0x81,
      ...text('admin'),
      0xc3,
    ]);
    const message = decodeClientMessage(bytes);
    expect(Object.keys(message)).toEqual(['type', 'id']);
    expect((message as unknown as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
  });

  it('keeps no prototype in the open fields of an error', () => {
    const inner = [0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 0x81, 0xa1, 0x78, 1];
    const head = pack({ type: 'refusal', replyTo: 1, error: { code: 'A', message: 'b', info: 0 } });
    const bytes = Uint8Array.from([...head.slice(0, -1), ...inner]);
    const { error } = decodeSchedulerMessage(bytes) as { error: { info: { x?: number } } };
    expect(error.info.x).toBeUndefined();
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it.each([
    [{ type: 'job.close', id: 9, jobId: 'short' }, 'jobId', 9],
    [
      { type: 'job.append', id: 9, jobId: 'J'.repeat(22), appendId: 'A'.repeat(22), input: { kind: 'no' } },
      'input',
      9,
    ],
    [{ type: 'lease.renew', id: 0, leaseIds: ['L'.repeat(22), 7] }, 'leaseIds[1]', 0],
    [{ type: 'lease.request', request: -1, idle: true }, 'request', undefined],
    [{ type: 'ping' }, 'id', undefined],
    [{ type: 'ping', id: 1.5 }, 'id', undefined],
    [{ type: 'hello', protocol: 'one' }, 'protocol', undefined],
    [{ type: 7 }, 'type', undefined],
    [{}, 'type', undefined],
    [[], '', undefined],
    [null, '', undefined],
  ])('names where %j is wrong', (message, path, id) => {
    const error = thrownBy(() => decodeClientMessage(pack(message)));
    expect(error.code).toBe('MESSAGE_MALFORMED');
    expect(error.info).toMatchObject({ path });
    expect((error.info as { id?: number }).id).toBe(id);
    expect(error.message).toContain(path);
  });

  it('says that it does not know a type, with the id to refuse it by', () => {
    for (const type of ['job.explode', 'constructor', '__proto__', 'toString', 'welcome']) {
      const error = thrownBy(() => decodeClientMessage(pack({ type, id: 4 })));
      expect(error.code).toBe('MESSAGE_UNKNOWN');
      expect(error.info).toEqual({ type, id: 4 });
    }
    expect(thrownBy(() => decodeSchedulerMessage(pack({ type: 'hello' }))).code).toBe('MESSAGE_UNKNOWN');
  });

  it('tells both versions to a peer that speaks another one, whatever else it says', () => {
    const expected = { code: 'PROTOCOL_VERSION', info: { ours: PROTOCOL_VERSION, theirs: 99 } };
    expect(thrownBy(() => decodeClientMessage(pack({ type: 'hello', protocol: 99 })))).toMatchObject(
      expected,
    );
    expect(thrownBy(() => decodeSchedulerMessage(pack({ type: 'welcome', protocol: 99 })))).toMatchObject(
      expected,
    );
  });

  it('refuses a report without outcomes or failure, and one whose segment and count disagree', () => {
    const [full, failed] = SAMPLE_CLIENT_MESSAGES['lease.report'] as [object, object];
    for (const wrong of [
      { ...full, segment: undefined },
      { ...full, count: 0 },
      { ...failed, failure: undefined },
      { ...failed, segment: Uint8Array.of(1) },
    ]) {
      expect(thrownBy(() => decodeClientMessage(encodeMessage(wrong as ClientMessage))).code).toBe(
        'MESSAGE_MALFORMED',
      );
    }
  });

  it('refuses a message past the limit unread', () => {
    const error = thrownBy(() => decodeClientMessage(new Uint8Array(MESSAGE_BYTES_MAX + 1)));
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', info: { max: MESSAGE_BYTES_MAX } });
  });

  it('checks the body of a reply against what was asked', () => {
    const error = thrownBy(() => decodeReply('job.append', { first: 0, count: 1 }));
    expect(error).toMatchObject({ code: 'MESSAGE_MALFORMED', info: { path: 'first' } });
    expect(thrownBy(() => decodeReply('ping', undefined)).code).toBe('MESSAGE_MALFORMED');
  });
});

describe('encoding', () => {
  it.each([
    ['a date', new Date(0)],
    ['an error', new Error('no')],
    ['a huge integer', 2n ** 70n],
    ['a symbol', Symbol('no')],
  ])('refuses %s', (_, value) => {
    const message = { type: 'reply', replyTo: 1, body: { value } } as const;
    expect(thrownBy(() => encodeMessage(message)).code).toBe('INVALID_ARGUMENT');
  });

  it('refuses what turns in circles', () => {
    const body: Record<string, unknown> = {};
    body.self = body;
    expect(thrownBy(() => encodeMessage({ type: 'reply', replyTo: 1, body })).code).toBe('INVALID_ARGUMENT');
  });

  it('refuses a message past the limit', () => {
    const body = new Uint8Array(MESSAGE_BYTES_MAX);
    expect(thrownBy(() => encodeMessage({ type: 'reply', replyTo: 1, body })).code).toBe('MESSAGE_TOO_LARGE');
  });

  it('sends of an error what may be sent', () => {
    const info = { a: 1, b: [2, new Error('no')], c: () => 1, d: new Date(0), e: 2n ** 80n };
    const message = 'm'.repeat(ERROR_TEXT_LENGTH_MAX + 5);
    const sent = encodeMessage({ type: 'refusal', replyTo: 1, error: { code: 'INTERNAL', message, info } });
    expect(decodeSchedulerMessage(sent)).toEqual({
      type: 'refusal',
      replyTo: 1,
      error: { code: 'INTERNAL', message: 'm'.repeat(ERROR_TEXT_LENGTH_MAX), info: { a: 1, b: [2] } },
    });
  });

  it('sends text of lone surrogates that fits as text that fits', () => {
    const [sample] = SAMPLE_CLIENT_MESSAGES['slice.console'];
    const message = '\udc00'.repeat(CONSOLE_BYTES_PER_SLICE_MAX);
    const sent = decodeClientMessage(encodeMessage({ ...sample!, message }));
    expect(sent).toEqual({ ...sample, message: '\ufffd'.repeat(CONSOLE_BYTES_PER_SLICE_MAX) });
  });

  it('never writes over bytes that it gave out', () => {
    const first = encodeMessage({ type: 'ping', id: 1 });
    const copy = first.slice();
    for (let i = 0; i < 2_000; i++) encodeMessage({ type: 'ping', id: i });
    expect(first).toEqual(copy);
  });
});
