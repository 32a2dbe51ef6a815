/**
 * A scheduler, a worker and a job from the command line, to their orderly ends; and the books that are left.
 * @module
 */
import { cp, stat } from 'node:fs/promises';
import Database from 'libsql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as Deployer from '../../src/entry/deployer.node.js';
import { Cli, type Running } from './fixtures/cli.js';

const NOBODY = 'http://127.0.0.1:1';
const SLICES = 100;
/** A slice of 50 ms; one near the end throws: it is run twice before it counts. */
const WORK = `(datum) => {
  const end = Date.now() + 50;
  while (Date.now() < end);
  if (datum === 98) throw new RangeError('too many');
  return { double: BigInt(datum * 2), list: new Uint8Array([datum]) };
}`;

let cli: Cli;
let deployer: typeof Deployer;
let scheduler: { running: Running; url: string; dataDir: string };
beforeAll(async () => {
  cli = await Cli.open();
  scheduler = await cli.startScheduler();
  // The module looks for its home when it is loaded.
  process.env.MANYHANDS_HOME = cli.home;
  deployer = await import('../../src/entry/deployer.node.js');
  deployer.init({ scheduler: scheduler.url });
});
afterAll(() => cli.end());

const at = (...args: string[]): string[] => [...args, '--scheduler', scheduler.url];

async function deploy(): Promise<string> {
  return deployer.computeFor({ start: 1, end: SLICES }, WORK).deploy();
}

interface Status {
  runStatus: string;
  total: number;
  computed: number;
  failed: number;
}

async function statusOf(id: string): Promise<Status> {
  const { code, stdout } = await cli.run(at('job', 'status', id, '--json'));
  expect(code).toBe(0);
  return JSON.parse(stdout) as Status;
}

it('manyhands scheduler --json prints its URL, port and data folder as one line of JSON', async () => {
  expect(scheduler.running.stdout).toBe(
    `${JSON.stringify({ url: scheduler.url, port: Number(new URL(scheduler.url).port), dataDir: scheduler.dataDir })}\n`,
  );
  expect(scheduler.dataDir).toBe(cli.path('home', 'scheduler'));
  expect((await fetch(`${scheduler.url}/healthz`)).status).toBe(200);
});

it('a worker that gets SIGINT releases its unstarted slices, and another worker finishes the job', async () => {
  const id = await deploy();
  const first = cli.start(at('worker', '--cores', '1'));
  await first.outputMatch(new RegExp(`Working on .*${id}`));
  const soon = { timeout: 20_000, interval: 50 };
  await expect.poll(async () => (await deployer.compute.status(id)).computed, soon).toBeGreaterThan(0);
  const ended = await first.kill('SIGINT');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout.split('\n')[0]).toBe(`Connected to ${scheduler.url}.`);
  const [, done] = /\n(\d+) slices?, \d+\.\d s of computing, 0 credits\.\n$/.exec(ended.stdout)!;
  const between = await statusOf(id);
  expect(between).toMatchObject({ runStatus: 'running', total: SLICES, computed: Number(done) });
  expect(between.computed).toBeLessThan(SLICES);

  const second = cli.start(at('worker', '--cores', '2'));
  const later = { timeout: 60_000, interval: 200 };
  await expect.poll(async () => (await deployer.compute.status(id)).runStatus, later).toBe('finished');
  expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
  expect(await statusOf(id)).toMatchObject({ computed: SLICES, failed: 1 });

  const { stdout } = await cli.run(at('job', 'results', id));
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toHaveLength(SLICES);
  expect(lines[1]).toEqual({ slice: 2, value: { double: '4', list: [2] } });
  expect(lines[97]).toEqual({ slice: 98, error: { name: 'RangeError', message: 'too many' } });
  const some = await cli.run(at('job', 'results', id, '--range', '99-200'));
  expect(some.stdout).toBe(
    `{"slice":99,"value":{"double":"198","list":[99]}}\n{"slice":100,"value":{"double":"200","list":[100]}}\n`,
  );
  const none = await cli.run(at('job', 'results', id, '--range', `${SLICES + 1}`));
  expect(none).toMatchObject({ code: 2, stdout: '' });
  expect(none.stderr).toContain(`has no slice ${SLICES + 1}: it has ${SLICES} slices.`);
  const shown = await cli.run(at('job', 'status', id));
  expect(shown.stdout).toContain(`slices    ${SLICES} of ${SLICES} finished, 1 of them failed\n`);
});

it('manyhands cancel ends a job, and its status shows that', async () => {
  const id = await deploy();
  const { code, stdout } = await cli.run(at('job', 'cancel', id, '--reason', 'wrong\u001b[31m input'));
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `${id} is cancelled: 0 of ${SLICES} slices are finished.\n`,
  });
  const shown = await cli.run(at('job', 'status', id));
  expect(shown.stdout).toContain('status    cancelled (wrong [31m input)\n');
});

it('manyhands cancel with several ids cancels every known job, also when one id is unknown', async () => {
  const ids = [await deploy(), 'A'.repeat(22), await deploy()];
  const { code, stdout, stderr } = await cli.run(at('job', 'cancel', ...ids));
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`^${ids[0]} is cancelled.*\n${ids[2]} is cancelled.*\n$`));
  expect(stderr).toMatch(new RegExp(`^${ids[1]}: manyhands: .* \\[JOB_UNKNOWN\\]\n$`));
  expect(await cli.run(at('job', 'results', ids[0]!, '--json'))).toMatchObject({ code: 0, stderr: '' });
});

it('manyhands jobs lists the jobs of the owner page by page, and all jobs for the operator', async () => {
  const job = deployer.computeFor({ start: 1, end: 3 }, WORK);
  job.public.name = 'Named \u001b[31m';
  const id = await job.deploy();
  const shown = await cli.run(at('job', 'list', '--limit', '1'));
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout.startsWith(`${id}  2`)).toBe(true);
  expect(shown.stdout).toMatch(/ running +0 of 3 +Named/);
  expect(shown.stdout).not.toContain('\u001b');
  interface Page {
    jobs: { jobId: string; owner: string; name: string; total: number }[];
    more: boolean;
  }
  const pageOf = async (...args: string[]): Promise<Page> => {
    const { code, stdout } = await cli.run(at('job', 'list', '--json', ...args));
    expect(code).toBe(0);
    return JSON.parse(stdout) as Page;
  };
  const all = await pageOf();
  expect(all.jobs[0]).toMatchObject({ jobId: id, name: 'Named \u001b[31m', total: 3 });
  const second = await pageOf('--limit', '1', `--after=${id}`);
  expect(second.jobs).toEqual(all.jobs.slice(1, 2));
  expect(second.more).toBe(all.jobs.length > 2);
  expect((await pageOf(`--after=${all.jobs.at(-1)!.jobId}`)).jobs).toEqual([]);
  expect((await pageOf('--all', '--data-dir', scheduler.dataDir)).jobs.map(({ jobId }) => jobId)).toContain(
    id,
  );
  expect((await cli.run(at('job', 'list', '--limit', '0'))).code).not.toBe(0);
});

it('manyhands mint credits an account for the operator, and manyhands account shows it without a token', async () => {
  const account = `0x${'c'.repeat(40)}`;
  const minted = await cli.run(at('account', 'mint', account, '2.5'));
  expect(minted).toMatchObject({ code: 0, stdout: `${account} now has 2.5 credits.\n`, stderr: '' });
  const shown = await cli.run(at('account', 'show', account, '--json'));
  expect(JSON.parse(shown.stdout)).toEqual({ address: account, balance: '2.5', escrow: '0', earned: '0' });
  expect((await cli.run(['keystore', 'create', 'default'])).code).toBe(0);
  const own = await cli.run(at('account', 'show'));
  expect(own.stdout).toMatch(/^account {3}0x[0-9a-f]{40}\nbalance {3}0 credits\n/);
});

it('manyhands doctor finds a served store consistent, and reports what is wrong with a damaged copy', async () => {
  const sound = await cli.run(['doctor']);
  expect(sound).toMatchObject({ code: 0, stderr: '' });
  expect(sound.stdout).toContain(`\nNo problems found in ${scheduler.dataDir}.\n`);
  expect(sound.stdout).toMatch(/^deno {6}\d+\.\d+\.\d+ +\S*deno\S*\nchromium {2}\d+\.\S+ +\S+\n/);
  const asked = await cli.run(at('doctor'));
  expect(asked.stdout).toContain(`\nscheduler ${scheduler.url} responds; workers: 0\n`);

  expect(await scheduler.running.kill('SIGTERM')).toMatchObject({ code: 0 });
  const copy = cli.path('copy');
  await cp(scheduler.dataDir, copy, { recursive: true });
  const db = new Database(cli.path('copy', 'manyhands.db'));
  db.exec('UPDATE jobs SET accepted = accepted + 1 WHERE failed = 1');
  db.close();
  const unsound = await cli.run(['doctor', '--data-dir', copy]);
  expect(unsound).toMatchObject({ code: 1, stderr: '' });
  expect(unsound.stdout).toMatch(/^job \S{22}: \d+ slices are accepted, and its row has \d+\n/m);
  const json = await cli.run(['doctor', '--data-dir', copy, '--json', '--scheduler', NOBODY]);
  expect(json.code).toBe(1);
  const isolations = ['deno', 'chromium'].map((isolation) =>
    expect.objectContaining({ isolation, version: expect.stringMatching(/^\d+\./) as string }),
  ) as unknown[];
  expect(JSON.parse(json.stdout)).toEqual({
    isolations,
    scheduler: { url: NOBODY, problem: expect.stringMatching(/\S/) as string },
    dataDir: copy,
    wrong: unsound.stdout.split('\n').filter((line) => line.startsWith('job ')),
  });
  expect((await stat(copy)).isDirectory()).toBe(true);
  expect(await cli.run(['doctor'])).toMatchObject({ code: 0 });
});

it('manyhands doctor prints what to do when Deno and Chromium are missing, or do not start', async () => {
  const env = {
    MANYHANDS_HOME: cli.path('nowhere'),
    MANYHANDS_DENO: '/nowhere',
    MANYHANDS_CHROMIUM: '/nowhere',
  };
  const none = await cli.run(['doctor'], env);
  // Neither configured path exists.
  expect(none).toMatchObject({ code: 1, stderr: '' });
  expect(none.stdout).toContain('npm install deno');
  expect(none.stdout).toMatch(/\nchromium {2}\/nowhere does not work: MANYHANDS_CHROMIUM names it, /);
  expect(none.stdout).toContain('There is no data of a scheduler in');
  const broken = await cli.run(['doctor'], { ...env, MANYHANDS_DENO: process.execPath });
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain('npm install deno');
  expect(broken.stdout).toMatch(/\ndeno +\S+ does not work: /);
  // One isolation that works is enough.
  expect(await cli.run(['doctor'], { ...env, MANYHANDS_DENO: '' })).toMatchObject({ code: 0 });
});

it('manyhands doctor describes the machine also when the data folder cannot be checked', async () => {
  const nowhere = cli.path('nowhere-at-all');
  const told = await cli.run(['doctor', '-d', nowhere, '-s', NOBODY]);
  expect(told.code).toBe(1);
  expect(told.stdout).toMatch(/^deno +\d+\.[^]*\nscheduler \S+ does not respond: /);
  expect(told.stderr).toMatch(/^manyhands: .*nowhere-at-all.* \[STORE_UNUSABLE\]\n$/);
  const json = await cli.run(['doctor', '-d', nowhere, '-s', NOBODY, '--json']);
  expect(json).toMatchObject({ code: 1, stderr: told.stderr });
  expect(JSON.parse(json.stdout)).toMatchObject({ dataDir: nowhere, scheduler: { url: NOBODY } });
});
