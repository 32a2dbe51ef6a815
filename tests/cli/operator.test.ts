/**
 * The operator's commands beside a scheduler of the command line, its log, and its end after SIGTERM.
 * @module
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type * as Deployer from '../../src/entry/deployer.node.js';
import { Cli, type Running } from './fixtures/cli.js';

let cli: Cli;
let scheduler: { running: Running; url: string; dataDir: string };
let deployer: typeof Deployer;
beforeAll(async () => {
  cli = await Cli.open();
  scheduler = await cli.startScheduler();
  process.env.MANYHANDS_HOME = cli.home;
  deployer = await import('../../src/entry/deployer.node.js');
  deployer.init({ scheduler: scheduler.url });
});
afterAll(() => cli.end());

async function operator(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.run(['operator', ...args, '--scheduler', scheduler.url]);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

it('an operator lists jobs and workers, pauses and cancels jobs, evicts and bans; the log records it all, and no output contains control characters', async () => {
  const job = deployer.computeFor([1, 2], (x: number) => x);
  job.public = { name: 'evil \u001b[2J\u009b31m name' };
  await job.deploy();
  expect(await operator('jobs')).toMatch(
    new RegExp(`^${job.id} +\\d+ s +running +0 of 2 +0/slice +0x.* evil`),
  );
  expect((await operator('jobs')).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(await operator('pause', job.id, '--reason', 'ask me first')).toContain('is paused');
  expect(await deployer.compute.status(job.id)).toMatchObject({
    runStatus: 'paused',
    reason: 'ask me first',
  });
  await operator('resume', job.id);
  expect((await deployer.compute.status(job.id)).runStatus).toBe('running');

  const worker = cli.start([
    'worker',
    '--isolation',
    'thread',
    '--scheduler',
    scheduler.url,
    '--output',
    'log',
  ]);
  await worker.outputMatch(/Connected/i);
  await vi.waitFor(async () => {
    expect((await deployer.compute.status(job.id)).runStatus).toBe('finished');
  }, 30_000);
  const [listed] = JSON.parse(await operator('workers', '--json')) as { workerId: string; slices: number }[];
  expect(listed).toMatchObject({ slices: 2 });
  await operator('evict', listed!.workerId, '--reason', 'enough');
  await worker.outputMatch(/ended the connection: enough\. Reconnecting in a minute/);
  await worker.kill('SIGTERM');
  expect(worker.stdout).not.toContain('connection is lost');

  expect(await operator('ban', '203.0.113.0/24', '--reason', 'a flood')).toContain('network');
  expect(await operator('bans')).toMatch(/network {3}203\.0\.113\.0\/24 {2}a flood\n$/);
  await operator('unban', '203.0.113.0/24');
  expect(await operator('bans')).toBe('No bans.\n');

  const lines = scheduler.running.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { time: string; level: string; event: string });
  const seen = lines.map(({ event }) => event);
  expect(seen).toEqual(
    expect.arrayContaining([
      'listening',
      'deployed',
      'paused',
      'resumed',
      'joined',
      'finished',
      'evicted',
      'left',
      'banned',
      'unbanned',
    ]),
  );
  for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time);
});

it('manyhands ban refuses an invalid address, and evict refuses an unknown worker', async () => {
  const run = (...args: string[]) => cli.run(['operator', ...args, '--scheduler', scheduler.url]);
  expect(await run('ban', 'nobody')).toMatchObject({ code: 2 });
  const gone = await run('evict', 'A'.repeat(22));
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain('[WORKER_UNKNOWN]');
});

it('manyhands drain lets running slices end, grants and accepts nothing new, and then the scheduler exits', async () => {
  expect(await operator('drain')).toContain('no leases');
  const { code, stderr } = await scheduler.running.finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(/"event":"drained"[^]*"event":"closed"/);
});
