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
