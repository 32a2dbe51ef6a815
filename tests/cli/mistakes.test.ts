/**
 * Mistakes that only show when a command runs: a sentence, a code, exit 1 (2 for wrong usage), and no stack.
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli, type Finished } from './fixtures/cli.js';

const JOB_ID = 'A'.repeat(22);
const DASHED_ID = `-${'a'.repeat(21)}`;
const ADDRESS = `0x${'1'.repeat(40)}`;

let cli: Cli;
let url: string;
let port: string;
let dataDir: string;
beforeAll(async () => {
  cli = await Cli.open();
  ({ url, dataDir } = await cli.startScheduler());
  port = new URL(url).port;
  await cli.run(['keystore', 'create', 'taken']);
  await mkdir(cli.path('empty'));
  await mkdir(cli.path('broken'));
  await writeFile(
    cli.path('broken', 'manyhands.db'),
    'this is no database, and long enough to be looked at'.repeat(99),
  );
  await mkdir(cli.path('stranger'));
  await writeFile(cli.path('stranger', 'operator.token'), `${'0'.repeat(64)}\n`);
  await writeFile(cli.path('file'), '');
});
afterAll(() => cli.end());

function expectSentence({ code, stdout, stderr }: Finished, errorCode: string): void {
  const exit = ['INVALID_ARGUMENT', 'UNKNOWN_OPTION'].includes(errorCode) ? 2 : 1;
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toMatch(/^manyhands: \S[^\n]* \[[A-Z_]+\]\n$/);
  expect(stderr).toContain(`[${errorCode}]`);
}

const NOBODY = 'http://127.0.0.1:1';

it.each<[string, string, () => string[]]>([
  ['no scheduler for a worker', 'CONNECT_FAILED', () => ['worker', '-s', NOBODY]],
  ['no scheduler for a job', 'CONNECT_FAILED', () => ['job', 'status', JOB_ID, '-s', NOBODY]],
  ['no scheduler for an account', 'CONNECT_FAILED', () => ['account', 'show', ADDRESS, '-s', NOBODY]],
  [
    'no scheduler for the operator',
    'CONNECT_FAILED',
    () => ['account', 'mint', ADDRESS, '1', '-s', NOBODY, '-d', dataDir],
  ],
  ['an address of another kind', 'INVALID_ARGUMENT', () => ['worker', '-s', 'ftp://localhost']],
  ['status of an unknown job', 'JOB_UNKNOWN', () => ['job', 'status', JOB_ID, '-s', url]],
  ['results of an unknown job', 'JOB_UNKNOWN', () => ['job', 'results', JOB_ID, '-s', url]],
  ['the end of an unknown job', 'JOB_UNKNOWN', () => ['job', 'cancel', JOB_ID, '-s', url]],
  ['a list behind an unknown job', 'JOB_UNKNOWN', () => ['job', 'list', `--after=${JOB_ID}`, '-s', url]],
  ['an id with a dash in front', 'JOB_UNKNOWN', () => ['job', 'status', DASHED_ID, '-s', url]],
  [
    'a top-up of an id with a dash in front',
    'JOB_UNKNOWN',
    () => ['job', 'topup', DASHED_ID, '1', '-s', url],
  ],
  [
    'a worker with a dash in front',
    'WORKER_UNKNOWN',
    () => ['operator', 'evict', DASHED_ID, '-s', url, '-d', dataDir],
  ],
  ['a list behind an id with a dash', 'JOB_UNKNOWN', () => ['job', 'list', '--after', DASHED_ID, '-s', url]],
  [
    'no operator’s folder',
    'FORBIDDEN',
    () => ['account', 'mint', ADDRESS, '1', '-s', url, '-d', cli.path('empty')],
  ],
  [
    'another operator’s folder',
    'FORBIDDEN',
    () => ['account', 'mint', ADDRESS, '1', '-s', url, '-d', cli.path('stranger')],
  ],
  ['a port in use', 'ADDRESS_IN_USE', () => ['scheduler', '-p', port, '-d', cli.path('other')]],
  ['a port in use for the demo', 'ADDRESS_IN_USE', () => ['demo', '-p', port, '-o', cli.path('x.png')]],
  ['a locked data folder', 'DATA_DIR_LOCKED', () => ['scheduler', '-p', '0', '-d', dataDir]],
  ['a file for a data folder', 'STORE_UNUSABLE', () => ['scheduler', '-p', '0', '-d', cli.path('file')]],
  ['a file that is no store', 'STORE_UNUSABLE', () => ['scheduler', '-p', '0', '-d', cli.path('broken')]],
  ['a keystore that exists', 'KEYSTORE_EXISTS', () => ['keystore', 'create', 'taken']],
  ['a keystore that does not exist', 'KEYSTORE_UNKNOWN', () => ['keystore', 'show', 'nobody']],
  ['a site that is none', 'INVALID_ARGUMENT', () => ['worker', '-s', url, '--allow-origin', 'example.com']],
  [
    'a host that is not this machine',
    'INVALID_ARGUMENT',
    () => ['scheduler', '-p', '0', '--host', '192.0.2.1', '-d', cli.path('other')],
  ],
  ['no group at all', 'INVALID_ARGUMENT', () => ['worker', '-s', url, '--leave-public-group']],
  ['a label that is none', 'INVALID_ARGUMENT', () => ['keystore', 'create', '../up']],
  ['a picture in no folder', 'INVALID_ARGUMENT', () => ['demo', '-o', cli.path('nowhere', 'x.png')]],
  ['a picture that is a folder', 'INVALID_ARGUMENT', () => ['demo', '-o', cli.path('empty')]],
])('%s: %s', async (_what, code, args) => {
  expectSentence(await cli.run(args()), code);
  expect(await cli.leftovers()).toEqual([]);
});

it('the URL of the scheduler is taken from --scheduler, else from MANYHANDS_SCHEDULER', async () => {
  const there = await cli.run(['job', 'status', JOB_ID], { MANYHANDS_SCHEDULER: url });
  expectSentence(there, 'JOB_UNKNOWN');
  const nowhere = await cli.run(['job', 'status', JOB_ID], { MANYHANDS_SCHEDULER: NOBODY });
  expectSentence(nowhere, 'CONNECT_FAILED');
  const said = await cli.run(['job', 'status', JOB_ID, '-s', url], { MANYHANDS_SCHEDULER: NOBODY });
  expectSentence(said, 'JOB_UNKNOWN');
});

it('manyhands doctor with a folder that holds no store describes the machine, and then reports the missing store', async () => {
  const { code, stdout, stderr } = await cli.run(['doctor', '-d', cli.path('empty')]);
  expect(code).toBe(1);
  expect(stdout).toContain('scheduler http');
  expect(stderr).toMatch(/^manyhands: \S[^\n]* \[STORE_UNUSABLE\]\n$/);
});

it('manyhands doctor with a file that is not a store reports the fault and its path, and does not change the file', async () => {
  const path = cli.path('broken', 'manyhands.db');
  const before = await readFile(path);
  const { code, stdout } = await cli.run(['doctor', '-d', cli.path('broken')]);
  expect(code).toBe(1);
  expect(stdout).toContain('file is not a database');
  expect(stdout).toContain(`One problem found in ${cli.path('broken')}.`);
  expect((await readFile(path)).equals(before)).toBe(true);
});

it('manyhands account creates no keystore when there is none', async () => {
  const { code, stderr } = await cli.run(['account', 'show', '-s', url]);
  expect(code).toBe(1);
  expect(stderr).toContain('manyhands keystore create default');
  expect((await cli.run(['keystore', 'show'])).stdout).not.toContain('default');
});

it.each([
  ['deno', /npm install deno.* MANYHANDS_DENO\. \[ISOLATION_UNAVAILABLE\]\n$/],
  ['chromium', /install chromium .* MANYHANDS_CHROMIUM\. \[ISOLATION_UNAVAILABLE\]\n$/],
])('manyhands worker --isolation %s says how to get it where there is none', async (isolation, message) => {
  const env = { MANYHANDS_DENO: '/nowhere', MANYHANDS_CHROMIUM: '/nope' };
  const { code, stderr } = await cli.run(['worker', '-s', url, '--isolation', isolation], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});

it('manyhands doctor prints what to do when no isolation is available, and which configured path does not exist', async () => {
  const env = { MANYHANDS_DENO: '/nowhere', MANYHANDS_CHROMIUM: '/nope' };
  const { code, stderr } = await cli.run(['worker', '-s', url], env);
  expect(code).toBe(1);
  expect(stderr).toContain('\n  Deno: ');
  expect(stderr).toContain('\n/nope: MANYHANDS_CHROMIUM names it, and there is no program there.');
});
