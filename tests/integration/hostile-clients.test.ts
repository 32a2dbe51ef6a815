/**
 * Strangers who send what they like to a real scheduler: coded errors for them, nothing for the others, and it stays up.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { startScheduler, type Scheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { ERROR_TABLE } from '../../src/lib/errors.js';
import { decodeSchedulerMessage, encodeMessage } from '../../src/protocol/wire/codec.js';
import { MESSAGE_CATALOG } from '../../src/protocol/messages/catalog.js';
import type { ClientMessage, SchedulerMessage } from '../../src/protocol/messages/messages.js';
import { startWorker } from '../fixtures/cluster.mjs';
import { validMessage, wrongFields } from '../../src/testing/message-arbitraries.js';
import { SAMPLE_CLIENT_MESSAGES } from '../../src/testing/sample-messages.js';

let folder: string;
let scheduler: Scheduler;
const complaints: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-hostile-'));
  const log = (level: string, event: string, fields?: object): void => {
    if (level === 'error') complaints.push({ event, ...fields });
  };
  scheduler = await startScheduler({ port: 0, dataDir: folder, log });
});
afterAll(async () => {
  await scheduler.close();
  await rm(folder, { recursive: true });
});

/** A socket of an unknown client: sends messages and records the answers until the scheduler closes it or answers a ping. */
async function converse(send: readonly Uint8Array[]): Promise<{ heard: SchedulerMessage[]; open: boolean }> {
  const socket = new WebSocket(`${scheduler.url.replace('http', 'ws')}/socket`);
  const heard: SchedulerMessage[] = [];
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const closed = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')));
  const ponged = new Promise<'open'>((resolve) => socket.once('pong', () => resolve('open')));
  socket.on('message', (data) => heard.push(decodeSchedulerMessage(data as Buffer)));
  for (const bytes of send) socket.send(bytes);
  socket.ping();
  const end = await Promise.race([closed, ponged]);
  // Requests before the ping are answered one group commit later at most, so before the answer to a second ping.
  if (end === 'open') {
    socket.send(encodeMessage({ type: 'ping', id: 9_999 }));
    await Promise.race([closed, new Promise((resolve) => socket.on('message', resolve))]);
  }
  socket.terminate();
  return { heard, open: end === 'open' };
}

function expectCoded(heard: readonly SchedulerMessage[]): void {
  for (const message of heard) {
    if (message.type !== 'refusal' && message.type !== 'goodbye') continue;
    expect(Object.keys(ERROR_TABLE)).toContain(message.error.code);
    expect(message.error.code).not.toBe('INTERNAL');
    expect(message.error.message).not.toMatch(/\bat .*\.[jt]s/);
  }
}

async function expectAlive(): Promise<void> {
  const answer = await fetch(`${scheduler.url}/healthz`);
  expect(answer.status).toBe(200);
  expect(complaints).toEqual([]);
}

const samples = Object.values(SAMPLE_CLIENT_MESSAGES).flat() as ClientMessage[];
const hellos = SAMPLE_CLIENT_MESSAGES.hello.filter((hello) => hello.role !== 'operator');

it.each(Object.keys(SAMPLE_CLIENT_MESSAGES))(
  'the scheduler survives the message %s from any client at any time',
  async (type) => {
    for (const message of samples.filter((sample) => sample.type === type)) {
      const bytes = encodeMessage(message);
      expectCoded((await converse([bytes])).heard);
      for (const hello of hellos) expectCoded((await converse([encodeMessage(hello), bytes, bytes])).heard);
    }
    await expectAlive();
  },
);

it('the scheduler survives mutated, truncated and invented messages after a valid hello', async () => {
  const encoded = samples.map(encodeMessage);
  const bent = fc
    .tuple(fc.constantFrom(...encoded), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([bytes, changes, cut]) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, byte] of changes) copy[at % copy.length] = byte;
      return changes.length === 0 ? copy.subarray(0, cut % copy.length) : copy;
    });
  const hello = fc.constantFrom(...hellos.map(encodeMessage));
  const messages = fc.array(fc.oneof(bent, fc.uint8Array({ maxLength: 200 })), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(hello, messages, async (first, rest) =>
      expectCoded((await converse([first, ...rest])).heard),
    ),
    { numRuns: 150 },
  );
  await expectAlive();
});

const clientMessages = MESSAGE_CATALOG.filter(({ sender, type }) => sender === 'client' && type !== 'hello');

/** A random message of any type; in every second one a single field is wrong. */
const generated = fc
  .tuple(fc.constantFrom(...clientMessages), fc.boolean(), fc.nat())
  .chain(([declaration, isValid, at]) =>
    validMessage(declaration).map((message) => {
      const wrong = isValid ? [] : wrongFields(declaration.fields, message).filter(({ path }) => path !== '');
      return wrong.length === 0 ? message : { ...message, ...(wrong[at % wrong.length]!.value as object) };
    }),
  );

it('the scheduler answers generated messages, valid ones and ones with a wrong field, with coded errors at most', async () => {
  const packr = new Packr({ useRecords: false, variableMapSize: true });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...hellos),
      fc.array(generated, { minLength: 1, maxLength: 8 }),
      async (hello, messages) => {
        const sent = [hello, ...messages].map((message) => new Uint8Array(packr.pack(message)));
        expectCoded((await converse(sent)).heard);
      },
    ),
    { numRuns: process.env.DEEP === '1' ? 2_000 : 150 },
  );
  await expectAlive();
});

it('the scheduler closes a socket that sends text, too large or malformed messages', async () => {
  const socket = new WebSocket(`${scheduler.url.replace('http', 'ws')}/socket`);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('hello');
  const code = await new Promise((resolve) => socket.once('close', resolve));
  expect(code).toBe(1003);
  const huge = await converse([new Uint8Array(5 * 1024 * 1024)]);
  expect(huge.open).toBe(false);
  await expectAlive();
});

it.each([
  ['another site', { origin: 'https://evil.example' }, 'WEB_ORIGIN_REFUSED'],
  ['a server of this machine', { origin: 'http://localhost:3000' }, 'WEB_ORIGIN_REFUSED'],
  ['a file', { origin: 'null' }, 'WEB_ORIGIN_REFUSED'],
  ['a name rebound to this machine', { host: 'evil.example', origin: 'http://evil.example' }, 'HOST_REFUSED'],
])(
  'the scheduler refuses a connection from a page of %s with a coded error',
  async (_what, headers, code) => {
    const socket = new WebSocket(`${scheduler.url.replace('http', 'ws')}/socket`, { headers });
    const heard: SchedulerMessage[] = [];
    socket.on('message', (data) => heard.push(decodeSchedulerMessage(data as Buffer)));
    socket.on('open', () => socket.send(encodeMessage(hellos[0]!)));
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(1008);
    expect(heard).toEqual([
      expect.objectContaining({ type: 'goodbye', error: expect.objectContaining({ code }) }),
    ]);
  },
);

it('the scheduler accepts a connection from its own page', async () => {
  const socket = new WebSocket(`${scheduler.url.replace('http', 'ws')}/socket`, { origin: scheduler.url });
  socket.on('open', () => socket.send(encodeMessage(hellos[0]!)));
  const first = await new Promise<Buffer>((resolve) =>
    socket.once('message', (data) => resolve(data as Buffer)),
  );
  expect(decodeSchedulerMessage(first).type).toBe('welcome');
  socket.terminate();
});

it('the scheduler refuses blobs without a ticket, and paths outside of its folders', async () => {
  const digest = '0'.repeat(64);
  const put = await fetch(`${scheduler.url}/blobs/${digest}`, { method: 'PUT', body: 'x' });
  expect(put.status).toBe(403);
  expect((await fetch(`${scheduler.url}/blobs/${digest}`)).status).toBe(404);
  for (const path of [
    '/../operator.token',
    '/..%2foperator.token',
    '/blobs/../operator.token',
    '//etc/passwd',
    '/%00',
  ]) {
    const status = await new Promise<number>((resolve, reject) => {
      request(`${scheduler.url}/`, { path }, (answer) => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end();
    });
    expect([400, 404]).toContain(status);
  }
  await expectAlive();
});

it('the scheduler still runs a job after all hostile clients', async () => {
  const wallet = openWallet(folder);
  init({ scheduler: scheduler.url, wallet });
  await wallet.getId();
  const worker = await startWorker(scheduler.url, { home: folder });
  expect([...(await computeFor([1, 2, 3], (x: number) => x + 1).exec())]).toEqual([2, 3, 4]);
  await worker.end();
  expect(await scheduler.check()).toEqual([]);
});
