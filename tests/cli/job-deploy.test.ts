/**
 * Jobs from the command line alone: deployed, extended, watched and read by separate commands.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli, type Running } from './fixtures/cli.js';

let cli: Cli;
let scheduler: { running: Running; url: string };
let worker: Running;
beforeAll(async () => {
  cli = await Cli.open();
  scheduler = await cli.startScheduler();
  worker = cli.start(at('worker', '--isolation', 'thread', '--output', 'log'));
});
afterAll(() => cli.end());

const at = (...args: string[]): string[] => [...args, '--scheduler', scheduler.url];
const job = (args: string[], input?: string) => cli.run(at('job', ...args), {}, input);

async function deploy(source: string, input: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await job(['deploy', '-e', source, ...args], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^[\w-]{22}\n$/);
  return stdout.trim();
}

describe('a job of the command line', () => {
  it('runs without the program that deployed it, and its results are read later', async () => {
    const id = await deploy('(x) => x * 2', '1\n2\n3\n', '--name', 'Doubles');
    expect(await job(['watch', id])).toMatchObject({
      code: 0,
      stdout: `${id} is finished: 3 of 3 slices are finished.\n`,
    });
    const { stdout } = await job(['results', id]);
    expect(stdout).toBe('{"slice":1,"value":2}\n{"slice":2,"value":4}\n{"slice":3,"value":6}\n');
  });

  it('takes further slices while it is open, from other commands', async () => {
    const id = await deploy('(s) => s.length', 'one\n', '--lines', '--open');
    expect((await job(['add', id, '--lines'], 'three\nfour\n')).stdout).toBe('Added 2 slices, 2 to 3.\n');
    expect((await job(['close', id])).code).toBe(0);
    expect(await job(['add', id, '--lines'], 'more\n')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[JOB_CLOSED]') as string,
    });
    expect(await job(['watch', id])).toMatchObject({ code: 0 });
    expect((await job(['results', id])).stdout).toContain('{"slice":3,"value":4}');
  });

  it('watch prints the errors of slices, and exits with 1', async () => {
    const id = await deploy('(x) => { if (x === 2) throw new TypeError("no two"); return x; }', '1\n2\n');
    const { code, stdout, stderr } = await job(['watch', id]);
    expect(code).toBe(1);
    expect(stdout).toContain('slice 2 failed: TypeError: no two\n');
    expect(stdout).toContain('finished: 2 of 2 slices are finished, 1 of them failed.');
    expect(stderr).toContain('1 of 2 slices failed');
  });

  it('slices are cancelled and run again; the rest of the job goes on', async () => {
    // No worker is in this group, so that no slice is finished.
    const id = await deploy('(x) => x', '1\n2\n3\n', '--join', 'nobody,secret');
    const cancelled = await job(['cancel', id, '--range', '2-3', '--json']);
    expect(JSON.parse(cancelled.stdout)).toEqual({
      jobId: id,
      runStatus: 'running',
      total: 3,
      computed: 2,
      failed: 2,
    });
    expect(await job(['retry', id, '--range', '2'])).toMatchObject({
      code: 0,
      stdout: '1 slice runs again.\n',
    });
    const { stdout } = await job(['retry', id, '--json']);
    expect(JSON.parse(stdout)).toEqual({ jobId: id, slices: 1 });
    expect((await job(['retry', id])).stdout).toBe(`No slice of ${id} runs again: none of them failed.\n`);
    expect(JSON.parse((await job(['status', id, '--json'])).stdout)).toMatchObject({
      computed: 0,
      failed: 0,
    });
    expect((await job(['cancel', id])).code).toBe(0);
  });

  it('logs prints the output of slices and their errors alone', async () => {
    const id = await deploy('(x) => { throw new TypeError("no " + x); }', '1\n', '--join', 'nobody2,secret');
    const logs = cli.start(at('job', 'logs', id, '--json'));
    await job(['cancel', id, '--range', '1', '--reason', 'not now']);
    const { code, stdout } = await logs.finished;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      slice: 1,
      error: { message: expect.stringContaining('not now') as string },
    });
  });

  it('an input that is malformed leaves no job behind that would look complete', async () => {
    const { code, stdout } = await job(['deploy', '-e', '(x) => x'], '1\n{\n');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const { stdout: list } = await job(['list', '-n', '1']);
    expect(list).toMatch(/cancelled/);
  });

  it('ends with its worker and scheduler', async () => {
    expect(await worker.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(await scheduler.running.kill('SIGINT')).toMatchObject({ code: 0 });
  });
});
