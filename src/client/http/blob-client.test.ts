import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { isError, type ErrorCode } from '../../lib/errors.js';
import { longResponse } from '../../testing/long-response.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { BlobClient } from './blob-client.js';

const BYTES = new Uint8Array([1, 2, 3]);
const DIGEST = sha256Hex(BYTES);
const REF = { digest: DIGEST, bytes: BYTES.byteLength };
const ATTEMPTS_MAX = 5;
const ATTEMPT_MS_MAX = 60_000;

/** `never`: no response until the request is aborted. */
type Answer = (() => Response | Promise<Response>) | 'never';

/** A client whose server gives these responses in order, repeating the last one. */
function blobs(answers: Answer[], { exists = false } = {}) {
  const clock = new VirtualClock();
  const calls: { url: string; init: RequestInit | undefined }[] = [];
  let tickets = 0;
  const load: typeof fetch = (input, init) => {
    calls.push({ url: input instanceof Request ? input.url : String(input), init });
    const answer = answers[Math.min(calls.length, answers.length) - 1]!;
    if (answer !== 'never') return Promise.resolve().then(answer);
    return new Promise((_, reject) => {
      init!.signal!.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  const client = new BlobClient({
    http: 'http://s',
    fetch: load,
    clock,
    random: new SeededRandom(1),
    requestTicket: () => Promise.resolve(exists ? { exists } : { exists, ticket: `t${++tickets}` }),
    attemptsMax: ATTEMPTS_MAX,
    attemptMsMax: ATTEMPT_MS_MAX,
  });
  return { clock, calls, client };
}

const status =
  (code: number): Answer =>
  () =>
    new Response(null, { status: code });
const ok: Answer = () => new Response(BYTES);
const down: Answer = () => Promise.reject(new TypeError('fetch failed'));
const code = (wanted: ErrorCode) => (error: unknown) => isError(error, wanted);

describe('a download', () => {
  it('is rejected if its digest is wrong', async () => {
    const { clock, client } = blobs([() => new Response('else')]);
    await expect(clock.runUntil(client.get(DIGEST))).rejects.toSatisfy(code('BLOB_MISMATCH'));
  });

  it('is not read beyond its maximum size', async () => {
    const { response, sent } = longResponse(64 * 1024 * 1024);
    const { clock, client } = blobs([() => response]);
    await expect(clock.runUntil(client.get(DIGEST, { bytesMax: 5 }))).rejects.toSatisfy(
      code('BLOB_MISMATCH'),
    );
    expect(sent()).toBeLessThan(1024 * 1024);
  });

  it.each([
    [404, 'BLOB_UNKNOWN'],
    [403, 'FORBIDDEN'],
    [400, 'FORBIDDEN'],
  ] as const)('fails at once after the status %i', async (answered, expected) => {
    const { clock, calls, client } = blobs([status(answered)]);
    await expect(clock.runUntil(client.get(DIGEST))).rejects.toSatisfy(code(expected));
    expect(calls).toHaveLength(1);
  });

  it('is repeated after failures that pass, a limited number of times', async () => {
    const once = blobs([down, status(503), status(507), status(429), ok]);
    expect(await once.clock.runUntil(once.client.get(DIGEST))).toEqual(BYTES);
    const never = blobs([down]);
    await expect(never.clock.runUntil(never.client.get(DIGEST))).rejects.toSatisfy(code('CONNECTION_LOST'));
    expect(never.calls).toHaveLength(ATTEMPTS_MAX);
  });

  it('is repeated until there is a connection again, if the caller wants that', async () => {
    const { clock, calls, client } = blobs([...Array.from({ length: 3 * ATTEMPTS_MAX }, () => down), ok]);
    expect(await clock.runUntil(client.get(DIGEST, { attemptsMax: Infinity }))).toEqual(BYTES);
    expect(calls).toHaveLength(3 * ATTEMPTS_MAX + 1);
  });

  it('fails after a time if its response never begins', async () => {
    const { clock, calls, client } = blobs(['never']);
    await expect(clock.runUntil(client.get(DIGEST))).rejects.toSatisfy(code('CONNECTION_LOST'));
    expect(calls.map(({ init }) => init?.signal?.aborted)).toEqual(Array(ATTEMPTS_MAX).fill(true));
  });

  it('ends with the reason of its signal, also between two attempts', async () => {
    const { clock, client } = blobs([down]);
    const abort = new AbortController();
    const result = client.get(DIGEST, { signal: abort.signal, attemptsMax: Infinity });
    result.catch(() => undefined);
    await clock.advance(3_000);
    abort.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
  });
});

describe('an upload', () => {
  it('is sent with a ticket, or not at all if the scheduler has the blob', async () => {
    const { clock, calls, client } = blobs([status(201)]);
    await clock.runUntil(client.put(REF, BYTES));
    expect(calls).toMatchObject([
      { url: `http://s/blobs/${DIGEST}`, init: { method: 'PUT', headers: { authorization: 'Bearer t1' } } },
    ]);
    const known = blobs([ok], { exists: true });
    await known.clock.runUntil(known.client.put(REF, BYTES));
    expect(known.calls).toEqual([]);
  });

  it('requests another ticket if its ticket is refused, as after a restart of the scheduler', async () => {
    const { clock, calls, client } = blobs([status(403), status(401), status(201)]);
    await clock.runUntil(client.put(REF, BYTES));
    expect(calls.map(({ init }) => (init?.headers as Record<string, string>).authorization)).toEqual([
      'Bearer t1',
      'Bearer t2',
      'Bearer t3',
    ]);
  });

  it('fails with the refusal if every ticket is refused', async () => {
    const { clock, calls, client } = blobs([status(403)]);
    await expect(clock.runUntil(client.put(REF, BYTES))).rejects.toSatisfy(code('FORBIDDEN'));
    expect(calls).toHaveLength(ATTEMPTS_MAX);
  });

  it('fails at once if the scheduler refuses the blob', async () => {
    const { clock, calls, client } = blobs([status(413)]);
    await expect(clock.runUntil(client.put(REF, BYTES))).rejects.toSatisfy(code('VALUE_TOO_LARGE'));
    expect(calls).toHaveLength(1);
  });
});
