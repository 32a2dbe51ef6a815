/**
 * `manyhands map`: a filter between other programs, on this machine alone and by the workers of a scheduler.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from './fixtures/cli.js';

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.open();
});
afterAll(() => cli.end());

const numbers = (count: number): string => Array.from({ length: count }, (_, i) => `${i + 1}\n`).join('');
const map = (args: string[], input: string) => cli.run(['map', '--local', '1', ...args], {}, input);

describe('the forms of the input', () => {
  it('lines of JSON give lines of JSON in the order of the input, and blank lines are skipped', async () => {
    const input = '1\n\n{"a":[2]}\r\n"x"\nnull';
    const { code, stdout, stderr } = await map(['-e', '(x, more) => [x, more]', '--args', '["m"]'], input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('[1,"m"]\n[{"a":[2]},"m"]\n["x","m"]\n[null,"m"]\n');
  });

  it('--lines gives strings, of which the results are written as they are', async () => {
    const { code, stdout } = await map(['--lines', '-e', '(s) => s.toUpperCase()'], 'straße\n\n1 "2"\n');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'STRASSE\n\n1 "2"\n' });
  });

  it('--csv gives an object for each row, and the output is CSV with a header', async () => {
    const input = '\ufeffname,n\n"a, b",2\n"two\nlines",3\n';
    const { code, stdout } = await map(['--csv', '-e', '(r) => ({ ...r, n: r.n * 2 })'], input);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'name,n\n"a, b",4\n"two\nlines",6\n' });
  });

  it('--files gives the bytes of each file, and a line of JSON with its name', async () => {
    await mkdir(cli.path('in'));
    for (const name of ['b.bin', 'a.bin', 'c.txt']) await writeFile(cli.path('in', name), `${name}!`);
    const args = ['--files', `${cli.path('in')}/*.bin`, '-e', '(bytes) => bytes.length'];
    const { code, stdout } = await map(args, '');
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { file: cli.path('in', 'a.bin'), result: 6 },
      { file: cli.path('in', 'b.bin'), result: 6 },
    ]);
  });

  it('a file of Python is run by its extension', async () => {
    await writeFile(cli.path('half.py'), 'def half(x):\n    return x / 2\n');
    const { code, stdout, stderr } = await map([cli.path('half.py')], '1\n2\n');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0.5\n1\n', stderr: '' });
  });
});

describe('errors', () => {
  const throwsAtThree = '(x) => { if (x % 4 === 3) throw new RangeError(`no ${x}`); return x; }';

  it('a slice that fails has no line, its line and error are on stderr, and the exit code is 1', async () => {
    const { code, stdout, stderr } = await map(['-e', throwsAtThree], `\n${numbers(5)}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n2\n4\n5\n' });
    expect(stderr).toBe(
      'line 4: RangeError: no 3\n' +
        'manyhands: 1 of 5 failed, and have no line in the output. [SLICES_FAILED]\n',
    );
  });

  it('only the first errors are printed one by one', async () => {
    const { code, stderr } = await map(['-e', throwsAtThree], numbers(80));
    expect(code).toBe(1);
    expect(stderr.match(/RangeError/g)).toHaveLength(10);
    expect(stderr).toContain(
      '20 of 80 failed, and have no line in the output; 10 of the errors are not shown.',
    );
  });

  it('--keep-errors writes the error in its place, and the exit code is 0', async () => {
    const { code, stdout, stderr } = await map(['--keep-errors', '-e', throwsAtThree], numbers(4));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('1\n2\n{"slice":3,"error":{"name":"RangeError","message":"no 3"}}\n4\n');
  });

  it('--fail-fast ends at the first error', async () => {
    const { code, stderr } = await map(['--fail-fast', '-e', throwsAtThree], numbers(50_000));
    expect(code).toBe(1);
    expect(stderr).toContain('line 3: RangeError: no 3');
    expect(stderr).toContain('It was cancelled, since line 3 failed. [JOB_CANCELLED]');
  });

  it('a line that is not JSON ends the command with its number, after the results of the lines before it', async () => {
    const { code, stdout, stderr } = await map(['-e', '(x) => x'], '1\n\n2\n{"a":\n4\n');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '1\n2\n' });
    expect(stderr).toContain('Line 4 is not JSON');
    expect(stderr).toContain('--lines');
  });

  it('a row of CSV with too many fields ends the command', async () => {
    const { code, stderr } = await map(['--csv', '-e', '(x) => x'], 'a,b\n1,2,3\n');
    expect(code).toBe(2);
    expect(stderr).toContain('The input is not CSV: Invalid Record Length');
  });

  it.each([
    [[], 'There is no work function'],
    [['work.js', '-e', '(x) => x'], 'There are two work functions'],
    [['(x) => x'], 'To give the source itself, write it after -e.'],
    [['-e', '(x) => x', '--args', '{}'], 'It must be a JSON array, like \'[10, "m"]\'.'],
    [['-e', '(x) => x', '--files', '/nowhere/*.png'], 'No file matches "/nowhere/*.png".'],
    [['-e', '(x) => x', '--csv', '--lines'], "option '--lines' cannot be used with option '--csv'"],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await map(args, '');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('between other programs', () => {
  it('--unordered writes every result once', async () => {
    const { code, stdout } = await map(['--unordered', '-e', '(x) => x'], numbers(5_000));
    expect(code).toBe(0);
    const found = stdout.trimEnd().split('\n').map(Number);
    expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
  });

  it('it ends without an error when its reader has closed the pipe, and removes its files', async () => {
    const running = cli.start(['map', '--local', '1', '-e', '(x) => x'], {}, numbers(300_000));
    await running.outputMatch(/^1\n2\n/);
    running.closeOutput();
    const { code, stderr } = await running.finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await cli.leftovers()).toEqual([]);
  });

  it('Ctrl-C ends it while it waits for more input, with the results so far', async () => {
    const running = cli.start(['map', '--local', '1', '-e', '(x) => x * 2'], {}, null);
    running.write('1\n2\n');
    await running.outputMatch(/^2\n4\n/);
    const { code, stdout } = await running.kill('SIGINT');
    expect({ code, stdout }).toEqual({ code: 130, stdout: '2\n4\n' });
    expect(await cli.leftovers()).toEqual([]);
  });

  it('the workers of a scheduler compute it, as a job of this identity', async () => {
    const scheduler = await cli.startScheduler();
    const at = (...args: string[]) => [...args, '--scheduler', scheduler.url];
    const worker = cli.start(at('worker', '--isolation', 'thread', '--output', 'log'));
    const args = at('map', '--name', 'Squares', '-e', '(x) => x * x');
    const { code, stdout } = await cli.run(args, {}, numbers(200));
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').map(Number)).toEqual(
      Array.from({ length: 200 }, (_, i) => (i + 1) ** 2),
    );
    const listed = await cli.run(at('job', 'list'));
    expect(listed.stdout).toMatch(/finished\s+200 of 200\s+Squares/);
    await worker.kill('SIGTERM');
    await scheduler.running.kill('SIGINT');
  });
});
