/**
 * Jobs in local mode: they end as on a scheduler and workers of their own processes; the program ends by itself, and writes
 * nothing.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const run = promisify(execFile);
const JOBS = fileURLToPath(new URL('../fixtures/local-jobs.mjs', import.meta.url));
/** Nothing listens there. */
const NO_SCHEDULER = 'http://127.0.0.1:9';

let cluster: Cluster;
let folder: string;
let home: string;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
  folder = await mkdtemp(join(tmpdir(), 'manyhands-local-'));
  home = join(folder, 'home');
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

const localEnv = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  MANYHANDS_HOME: home,
  MANYHANDS_SCHEDULER: NO_SCHEDULER,
});

/** The output of a program without a scheduler, which ends by itself. */
async function runLocal(code: string): Promise<string> {
  const args = ['--input-type=module', '-e', code];
  const { stdout, stderr } = await run(process.execPath, args, { env: localEnv(), timeout: 30_000 });
  expect(stderr).toBe('');
  return stdout.trim();
}

it('the same jobs have the same results, errors and output as on a scheduler', async () => {
  const onCluster = { ...localEnv(), MANYHANDS_HOME: cluster.home, MANYHANDS_SCHEDULER: cluster.url };
  const [local, remote] = await Promise.all([
    run(process.execPath, [JOBS, 'local'], { env: localEnv() }),
    run(process.execPath, [JOBS], { env: onCluster }),
  ]);
  const lines = local.stdout.trim().split('\n');
  expect(lines).toEqual(remote.stdout.trim().split('\n'));
  expect(local.stderr).toBe('');
  expect(lines).toContain('python: [8,27]');
  expect(lines).toContain('captured: [10,20]');
  expect(lines.at(-1)).toBe('end: "finished"');
  expect(existsSync(home)).toBe(false);
});

it('localExec runs one job in this process, with as many threads as it is given, and at no price', async () => {
  const code = `
    import { computeFor } from 'manyhands';
    const job = computeFor([1, 2, 3], (x) => x + 1);
    job.setSlicePaymentOffer(5);
    job.computeGroups = [{ joinKey: 'friends', joinSecret: 'secret' }];
    console.log([...(await job.localExec(3))].join(), job.status.runStatus);
    await job.localExec().catch((error) => console.log(error.code));
    for (const cores of [0, 1.5, '2', 1e9])
      await computeFor([1], (x) => x).localExec(cores).catch((error) => console.log(error.code));
    await computeFor([1], (x) => x).exec().catch((error) => console.log(error.code));
  `;
  expect((await runLocal(code)).split('\n')).toEqual([
    '2,3,4 finished',
    'JOB_STATE',
    ...Array.from({ length: 4 }, () => 'INVALID_ARGUMENT'),
    // A job of the same program without localExec.
    'CONNECT_FAILED',
  ]);
});

it('init refuses what local mode does not have', async () => {
  const code = `
    import { init } from 'manyhands';
    for (const options of [{ local: true, scheduler: 'http://localhost:1' }, { local: { cores: 0 } }, { local: { core: 1 } }, { local: 1 }]) {
      try { init(options); console.log('taken'); } catch (error) { console.log(error.code); }
    }
    init({ local: false });
  `;
  const codes = ['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'UNKNOWN_OPTION', 'INVALID_ARGUMENT'];
  expect((await runLocal(code)).split('\n')).toEqual(codes);
});

it('a job that was deployed and left is computed before the program ends', async () => {
  const code = `
    import { computeFor, fetchResults, init } from 'manyhands';
    init({ local: { cores: 1 } });
    const id = await computeFor([1, 2, 3], async (x) => { const end = Date.now() + 200; while (Date.now() < end); return x; }).deploy();
    process.on('exit', () => console.log('end'));
    process.once('beforeExit', async () => console.log((await fetchResults(id)).map(({ value }) => value).join()));
  `;
  expect(await runLocal(code)).toBe('1,2,3\nend');
});
