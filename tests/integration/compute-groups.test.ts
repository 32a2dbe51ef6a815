/**
 * Compute groups on a real scheduler, with a real worker: what a job in `public` shows to a stranger joins no group.
 * @module
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { startScheduler, type Scheduler } from '../../src/entry/scheduler.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { newId } from '../../src/lib/crypto/ids.js';
import { systemRandom } from '../../src/lib/crypto/random.js';
import { decodeReply, decodeSchedulerMessage, encodeMessage } from '../../src/protocol/wire/codec.js';
import { decodeJobPackage } from '../../src/protocol/job/job-package-codec.js';
import type {
  ClientMessage,
  GroupKey,
  Lease,
  Reply,
  SchedulerMessage,
  WorkerDescription,
} from '../../src/protocol/messages/messages.js';
import { PROTOCOL_VERSION } from '../../src/protocol/messages/version.js';
import { groupAddress } from '../../src/wallet/group-proof.js';
import { hashSecret } from '../../src/wallet/group-credential.js';
import { WORKTIMES } from '../../src/worktimes/registry.js';
import type * as WorkerEntry from '../../src/entry/worker.node.js';

const SECRET = 'a long and random secret 8c1f';

let home: string;
let scheduler: Scheduler;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'manyhands-groups-'));
  process.env.MANYHANDS_HOME = home;
  scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler') });
  init({ scheduler: scheduler.url, wallet: openWallet(home) });
});
afterAll(async () => {
  await scheduler.close();
  await rm(home, { recursive: true });
});

/** A worker whose messages the test sends itself. */
class Stranger {
  readonly heard: SchedulerMessage[] = [];
  readonly #socket: WebSocket;
  #wake = (): void => undefined;

  constructor(groups?: GroupKey[]) {
    this.#socket = new WebSocket(`${scheduler.url.replace('http', 'ws')}/socket`);
    const worker: WorkerDescription = {
      workerId: newId(systemRandom),
      worktimes: WORKTIMES.map(({ name, version }) => ({ name, version })),
      sandboxHost: 'thread',
      sandboxes: 1,
      ...(groups && { groups }),
    };
    this.#socket.on('open', () =>
      this.send({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'x', role: 'worker', worker }),
    );
    this.#socket.on('message', (data) => {
      this.heard.push(decodeSchedulerMessage(data as Buffer));
      this.#wake();
    });
  }

  send(message: ClientMessage): void {
    this.#socket.send(encodeMessage(message));
  }

  async until<M extends SchedulerMessage>(isSuch: (message: SchedulerMessage) => message is M): Promise<M> {
    for (;;) {
      const found = this.heard.find(isSuch);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async lease(): Promise<Lease> {
    await this.until((m) => m.type === 'welcome');
    this.send({ type: 'lease.request', request: 1, idle: true });
    return (await this.until((m) => m.type === 'lease.grant')).lease;
  }

  /** Resolves when the scheduler has handled all earlier messages. */
  async answered(id: number): Promise<SchedulerMessage> {
    this.send({ type: 'ping', id });
    return this.until((m): m is Reply => m.type === 'reply' && m.replyTo === id);
  }

  close(): void {
    this.#socket.terminate();
  }
}

it('the secret of a compute group is not contained in a package, in messages or in the database', async () => {
  const open = computeFor([1], (x: number) => x);
  open.computeGroups.push({ joinKey: 'lab', joinSecret: SECRET });
  await open.deploy();
  const hidden = computeFor(['private datum'], (x: string) => x);
  hidden.computeGroups = [{ joinKey: 'lab', joinSecret: SECRET }];
  await hidden.deploy();

  const stranger = new Stranger();
  const lease = await stranger.lease();
  expect(lease.jobId).toBe(open.id);
  stranger.send({ type: 'job.package', id: 1, jobId: lease.jobId });
  const reply = await stranger.until((m): m is Reply => m.type === 'reply' && m.replyTo === 1);
  const { groups } = decodeJobPackage(decodeReply('job.package', reply.body).package);
  expect(groups).toEqual([{ key: 'public' }, { key: 'lab' }]);
  stranger.close();

  // The database and the messages on the wire contain only the address of the group.
  const address = await groupAddress({ key: 'lab', secretHash: hashSecret(SECRET) });
  const database = await readFile(join(home, 'scheduler', 'manyhands.db'), 'latin1');
  const log = await readFile(join(home, 'scheduler', 'manyhands.db-wal'), 'latin1');
  for (const text of [SECRET, hashSecret(SECRET)]) expect(database + log).not.toContain(text);
  expect(database + log).toContain(address);
  for (const guess of [{ key: 'lab' }, { key: 'lab', address }]) {
    const again = new Stranger([guess]);
    await again.until((m) => m.type === 'welcome');
    again.send({ type: 'lease.request', request: 1, idle: true });
    await again.answered(2);
    await again.answered(3);
    expect(again.heard.filter(({ type }) => type === 'lease.grant')).toEqual([]);
    again.send({ type: 'job.package', id: 4, jobId: hidden.id });
    await again.answered(5);
    expect(again.heard).toContainEqual(expect.objectContaining({ type: 'refusal', replyTo: 4 }));
    again.close();
  }
  await open.cancel();
  await hidden.cancel();
});

it('a worker with the secret of a compute group gets its jobs, from the start, after joining later, and after a reconnect', async () => {
  const { Worker } = (await import(
    new URL('../../dist/entry/worker.node.js', import.meta.url).href
  )) as typeof WorkerEntry;
  const groups = [{ key: 'lab', secret: SECRET }];
  const worker = new Worker({ scheduler: scheduler.url, isolation: 'thread', cores: 1, groups });
  await worker.start();
  const run = async (secret: string): Promise<unknown[]> => {
    const job = computeFor([1, 2], (x: number) => x * 2);
    job.computeGroups = [{ joinKey: 'lab', joinSecret: secret }];
    return [...(await job.exec())];
  };
  expect(await run(SECRET)).toEqual([2, 4]);
  worker.options.groups = [{ key: 'lab', secret: 'another secret' }];
  expect(await run('another secret')).toEqual([2, 4]);
  const { port, dataDir } = scheduler;
  await scheduler.close();
  scheduler = await startScheduler({ port, dataDir });
  expect(await run('another secret')).toEqual([2, 4]);
  await worker.stop({ force: true });
});
