/**
 * The golden vectors of the wire's messages: what we send stays as it was, byte for byte, and what others may send is
 * taken, or refused for the reason that it was. Descriptions are in the notation of `notation.ts`.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import {
  decodeClientMessage,
  decodeReply,
  decodeSchedulerMessage,
  encodeMessage,
} from '../../src/protocol/wire/codec.js';
import type {
  ClientMessage,
  Reply,
  RequestType,
  SchedulerMessage,
} from '../../src/protocol/messages/messages.js';
import {
  SAMPLE_CLIENT_MESSAGES,
  SAMPLE_REPLIES,
  SAMPLE_SCHEDULER_MESSAGES,
} from '../../src/testing/sample-messages.js';
import { build, type Description } from './notation.js';

interface Vectors {
  /** Written and read exactly so. */
  client: { message: Description; hex: string }[];
  scheduler: { message: Description; hex: string }[];
  replies: { to: RequestType; body: Description; hex: string }[];
  /** Read so, but not written so. */
  read: { name: string; message: Description; hex: string }[];
  refused: { name: string; code: string; path?: string; hex: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('messages.json', import.meta.url), 'utf8')) as Vectors;
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const typeOf = ({ message }: { message: Description }): string => (message as { type: string }).type;

describe('messages', () => {
  test.each(vectors.client.map((vector) => [typeOf(vector), vector] as const))(
    'of clients: %s',
    (_, vector) => {
      const message = build(vector.message) as ClientMessage;
      expect(toHex(encodeMessage(message))).toBe(vector.hex);
      expect(decodeClientMessage(fromHex(vector.hex))).toEqual(message);
    },
  );

  test.each(vectors.scheduler.map((vector) => [typeOf(vector), vector] as const))(
    'of the scheduler: %s',
    (_, vector) => {
      const message = build(vector.message) as SchedulerMessage;
      expect(toHex(encodeMessage(message))).toBe(vector.hex);
      expect(decodeSchedulerMessage(fromHex(vector.hex))).toEqual(message);
    },
  );

  test.each(vectors.replies)('that reply: to $to', ({ to, body, hex }) => {
    const reply: Reply = { type: 'reply', replyTo: 1, body: build(body) };
    expect(toHex(encodeMessage(reply))).toBe(hex);
    const read = decodeSchedulerMessage(fromHex(hex)) as Reply;
    expect(decodeReply(to, read.body)).toEqual(reply.body);
  });

  test.each(vectors.read)('that are read only: $name', ({ message, hex }) => {
    expect(decodeClientMessage(fromHex(hex))).toEqual(build(message));
    expect(toHex(encodeMessage(build(message) as ClientMessage))).not.toBe(hex);
  });

  test.each(vectors.refused)('that are refused: $name', ({ code, path, hex }) => {
    const info: unknown = path === undefined ? expect.anything() : expect.objectContaining({ path });
    expect(() => decodeClientMessage(fromHex(hex))).toThrow(expect.objectContaining({ code, info }));
  });

  it('are there of every type', () => {
    expect(new Set(vectors.client.map(typeOf))).toEqual(new Set(Object.keys(SAMPLE_CLIENT_MESSAGES)));
    const own = Object.keys(SAMPLE_SCHEDULER_MESSAGES).filter((type) => type !== 'reply');
    expect(new Set(vectors.scheduler.map(typeOf))).toEqual(new Set(own));
    expect(new Set(vectors.replies.map(({ to }) => to))).toEqual(new Set(Object.keys(SAMPLE_REPLIES)));
  });
});
