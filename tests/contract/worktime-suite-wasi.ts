/**
 * What a command of WASI finds of files, devices and paths, for any kind of sandbox. The expectations themselves are in
 * `tests/fixtures/wasm/posix.c`, which prints those that do not hold and the number of those that do.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleOf, type JobSpec, type SandboxFixture, type StartSandbox } from './worktime-fixture.js';

const POSIX = readFileSync(new URL('../fixtures/wasm/posix.wasm', import.meta.url));
const CWD = '/home/pyodide';
const FILES = {
  [`${CWD}/data.txt`]: 'data',
  [`${CWD}/tmp/x`]: 'tmp in the directory',
  [`${CWD}/etc/x`]: 'etc in the directory',
  '/etc/name': 'a name',
  '/srv/o': 'other',
  '/tmp/job.txt': 'in tmp',
  '/tmp/shared.txt': 'as it was packed',
};

/** `isBrief`: what depends on the kind of sandbox most, for those that are slow to start. */
export function wasiSuite(start: StartSandbox, isBrief = false): void {
  const startPart = async (
    args: unknown[],
    wasm: JobSpec['wasm'] = { result: 'text' },
  ): Promise<SandboxFixture> => {
    const bundle = { bytes: await bundleOf(FILES), cwd: CWD };
    return start({ worktime: 'wasm', source: POSIX, args, wasm, bundle });
  };

  it('a WASI command finds files, directories, links and times according to POSIX, unchanged in each slice', async () => {
    const sandbox = await startPart(['files']);
    expect(await sandbox.run(['', ''])).toEqual(['74', '74']);
  });

  it('a WASI command finds /dev devices', async () => {
    const sandbox = await startPart(['devices']);
    expect(await sandbox.one('the datum')).toBe('to the output\n6');
    expect(sandbox.lines).toEqual(['error to the errors']);
  });

  it('a WASI command finds the files of its job by relative and absolute paths, and each once', async () => {
    expect(await (await startPart(['paths'])).one('')).toBe('10');
  });

  it('a WASI command writes and lists files in linear time', async () => {
    expect(await (await startPart(['large', 16])).one('')).toBe('3');
    expect(await (await startPart(['entries', 8_000])).one('')).toBe('2');
  }, 30_000);

  if (isBrief) return;

  it('a WASI command succeeds only with the exit codes that its job lists', async () => {
    const sandbox = await startPart(['exit', 10], { result: 'text', exitCodes: [0, 10] });
    expect(await sandbox.one('')).toBe('what was found so far');
    const strict = await startPart(['exit', 0], { result: 'text', exitCodes: [10] });
    expect(await strict.failure('')).toMatchObject({ name: 'ExitError', code: 0 });
  });

  it('the error of a failed WASI command contains what it printed', async () => {
    const error = await (await startPart(['exit', 3])).failure('');
    expect(error).toMatchObject({
      code: 3,
      message: 'The command exited with code 3; standard error: going to exit',
      info: { stdout: 'what was found so far\n', stderr: 'going to exit' },
    });
  });

  it('a WASI command may write its result to a file, and print to the console', async () => {
    const sandbox = await startPart(['result', 1], { result: 'text', output: '/tmp/result' });
    expect(await sandbox.run(['', ''])).toEqual(['the result', 'the result']);
    expect(sandbox.lines).toEqual(['log working', 'log working']);
    const none = await startPart(['result', 0], { result: 'text', output: '/tmp/result' });
    expect(await none.failure('')).toMatchObject({
      name: 'OutputMissingError',
      message: 'The command wrote no file /tmp/result, which job.wasm.output names',
    });
    const failed = await startPart(['result', 1, 4], { output: '/tmp/result' });
    expect(await failed.failure('')).toMatchObject({ code: 4, info: { stdout: 'working' } });
  });

  it('a WASI command returns its result when its memory exceeds 1 GiB', async () => {
    const sandbox = await startPart(['memory', 1_100]);
    expect(await sandbox.one('')).toBe('holding 1100 MiB');
  });
}
