/**
 * Addresses that open all the sockets they get and send a byte now and then: the others must not notice. (Every
 * address of 127/8 is this machine on Linux, where this test needs more than one.)
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { startScheduler, type Scheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/crypto/random.js';
import { FakeSandboxHost } from '../../src/testing/worker/fake-sandbox.js';
import { connectNode } from '../../src/transport/ws-node.js';
import { BaseWorker } from '../../src/worker/worker.js';

const ATTACKER = '127.0.0.2';
/** Maximum number of sockets of the scheduler: low, since the attacker needs a file descriptor for each. */
const SOCKETS = 400;
/** Number of sockets that the attacker keeps open. */
const WANTED = 1_500;

let home: string;
let scheduler: Scheduler;
let worker: BaseWorker;
let isOver = false;
const attacking = new Set<Socket>();
const retries = new Set<NodeJS.Timeout>();

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'manyhands-slow-'));
  scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler'), sockets: SOCKETS });
  const { address } = await openWallet(home).getId();
  const host = new FakeSandboxHost(systemClock, {
    slice: (_n, datum) => ({ kind: 'value', value: (datum as number) * 2, ms: 2 }),
  });
  worker = new BaseWorker(
    { scheduler: scheduler.url, isolation: 'thread', cores: 1 },
    {
      connect: connectNode,
      clock: systemClock,
      random: systemRandom,
      fetch,
      defaults: { scheduler: scheduler.url, isolation: 'thread', cores: 1 },
      hosts: { thread: () => host },
      ownAddress: () => Promise.resolve(address),
    },
  );
});
afterEach(async () => {
  for (const retry of retries) clearTimeout(retry);
  isOver = true;
  for (const socket of attacking) socket.destroy();
  await worker.stop({ force: true });
  await scheduler.close();
  await rm(home, { recursive: true });
});

/** Opens a socket, starts a request that never ends, and reconnects when it is refused. */
function attack(head: string, refused: () => void): void {
  if (isOver) return;
  const socket = connect({ port: scheduler.port, host: '127.0.0.1', localAddress: ATTACKER });
  attacking.add(socket);
  const drip = setInterval(() => void socket.write('x'), 1_000);
  socket.on('error', () => undefined).resume();
  socket.on('connect', () => void socket.write(head));
  socket.on('close', () => {
    clearInterval(drip);
    attacking.delete(socket);
    refused();
    retries.add(setTimeout(() => attack(head, refused), 1_000));
  });
}

const HEADS = [
  'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  'GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  `PUT /blobs/${'0'.repeat(64)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n`,
];

/** Whether the scheduler answers a request on a new socket of the address. */
const health = (localAddress: string): Promise<number> =>
  new Promise((resolve) => {
    const asked = request(`http://127.0.0.1:${scheduler.port}/healthz`, { localAddress, agent: false });
    asked.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
    asked.on('error', () => resolve(0));
    asked.end();
  });

it('slow connections do not block health checks, a worker, a deployer or later connections', async () => {
  const lost: unknown[] = [];
  await worker.start();
  worker.on('disconnect', (event) => lost.push(event));
  let refusals = 0;
  const isFull = new Promise<void>((resolve) => {
    const refused = (): void => {
      if (++refusals === WANTED - SOCKETS) resolve();
    };
    for (let i = 0; i < WANTED; i++) attack(HEADS[i % HEADS.length]!, refused);
  });
  await isFull;
  // On a slow machine the scheduler has ended a first slow request by now, and its place is free until an attacker returns.
  await vi.waitFor(async () => expect(await health(ATTACKER)).toBe(0), { timeout: 10_000 });
  for (let i = 0; i < 20; i++) expect(await health('127.0.0.1')).toBe(200);
  init({ scheduler: scheduler.url, wallet: openWallet(home) });
  const results = await computeFor({ start: 1, end: 50 }, (x: number) => x * 2).exec();
  expect([...results]).toEqual(Array.from({ length: 50 }, (_, i) => 2 * (i + 1)));
  expect(worker.status.slices).toBe(50);
  expect(lost).toEqual([]);
});

/** The answer to a WebSocket request from the address: `open`, or the status of the refusal. */
const openWebSocket = (localAddress: string): Promise<WebSocket | number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${scheduler.port}/socket`, { localAddress });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (asked, { statusCode = 0 }) => {
      resolve(statusCode);
      asked.destroy();
    });
    socket.on('error', reject);
  });

it('two IP addresses cannot take all WebSocket connections from a third', async () => {
  await scheduler.close();
  // A hundredth of the default: 100 of them may be WebSockets.
  scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler'), sockets: 120 });
  const fill = async (address: string): Promise<WebSocket[]> => {
    const all = [];
    for (;;) {
      const socket = await openWebSocket(address);
      if (typeof socket === 'number') {
        expect(socket).toBe(503);
        return all;
      }
      all.push(socket);
    }
  };
  const [first, second] = [await fill('127.0.0.2'), await fill('127.0.0.3')];
  expect(first.length).toBe(75);
  expect(second.length).toBe(13);
  const third = (await openWebSocket('127.0.0.4')) as WebSocket;
  expect(third.readyState).toBe(WebSocket.OPEN);
  for (const socket of [...first, ...second, third]) socket.terminate();
});
