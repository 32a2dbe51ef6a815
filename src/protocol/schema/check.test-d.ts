/**
 * The types that are derived from checks: compiling this file is the test.
 * @module
 */
import { expectTypeOf } from 'vitest';
import type { WireError } from '../../lib/errors.js';
import { wireError } from '../messages/fields.js';
import type { ClientMessage, JobStatus, JournalEvent, ReplyBody, RequestBody } from '../messages/messages.js';
import { array, object, optional, tagged } from './composites.js';
import { anything, boolean, integer, oneOf, text, units } from './scalars.js';

const message = object({
  name: text(5),
  price: units,
  items: optional(array(object({ kind: oneOf('a', 'b') }), 3)),
  later: anything,
});
expectTypeOf(message).returns.toEqualTypeOf<{
  name: string;
  price: bigint;
  items?: { kind: 'a' | 'b' }[];
  later: unknown;
}>();

const nothing = object({});
expectTypeOf(nothing).returns.toEqualTypeOf<Record<string, never>>();

const alternatives = tagged('kind', {
  on: object({ kind: oneOf('on'), level: integer(1) }),
  off: object({ kind: oneOf('off'), isForced: boolean }),
});
expectTypeOf(alternatives).returns.toEqualTypeOf<
  { kind: 'on'; level: number } | { kind: 'off'; isForced: boolean }
>();

const errorOnly = object({ error: wireError });
expectTypeOf(errorOnly).returns.toEqualTypeOf<{ error: WireError }>();

expectTypeOf<RequestBody<'job.status'>>().toEqualTypeOf<{ jobId: string }>();
expectTypeOf<ReplyBody<'job.status'>>().toEqualTypeOf<{ status: JobStatus }>();
expectTypeOf<RequestBody<'ping'>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<Extract<JournalEvent, { kind: 'paused' }>['reason']>().toEqualTypeOf<string>();
expectTypeOf<Extract<ClientMessage, { type: 'ping' }>['id']>().toEqualTypeOf<number>();

// @ts-expect-error an alternative is a map
tagged('kind', { a: text(1) });
