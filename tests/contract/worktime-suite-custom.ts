/**
 * What holds for worktimes that jobs bring along, for any kind of sandbox.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { bundleOf, type JobSpec, type SandboxFixture, type StartSandbox } from './worktime-fixture.js';

/** A worktime whose work functions are sums of what they name. */
const SUMS = `
export const name = 'sums';
export const version = '1.2.3';
export async function start({ files, env, console, progress, job }) {
  const seen = { files: files.readTextFile('k.txt'), env: env.K, job: job.public.name };
  return {
    async prepare(source, args) {
      const terms = typeof source === 'string' ? source.split('+').map((t) => t.trim()) : [...source];
      return (datum) => {
        if (datum === 'seen') return [seen, args, source];
        if (datum === 'say') { console.log('%s!', 'said'); return progress(0.5); }
        if (datum === 'later') return Promise.resolve('late');
        return terms.reduce((sum, term) => {
          if (term in datum) return sum + datum[term];
          throw Object.assign(new RangeError('no ' + term), { term });
        }, 0);
      };
    },
  };
}
`;

type StartSums = (spec?: Partial<JobSpec> & { module?: string }) => Promise<SandboxFixture>;

/** `isBrief`: what depends on the kind of sandbox most, for those that are slow to start. */
export function customSuite(start: StartSandbox, isBrief = false): void {
  const startSums: StartSums = async ({ module = SUMS, ...spec } = {}) =>
    start({
      source: 'a + b',
      sourceKind: 'module',
      customWorktime: { name: 'sums', version: '1.2.3', source: module },
      env: { K: 'v' },
      bundle: { bytes: await bundleOf({ '/home/pyodide/k.txt': 'file' }), cwd: '/home/pyodide' },
      ...spec,
    });
  describe('the input of a custom worktime', () => placeTests(startSums));
  if (!isBrief) describe('its errors', () => errorTests(startSums));
}

function placeTests(start: StartSums): void {
  it('consists of the source, the arguments, the files, the environment variables and the job', async () => {
    const sandbox = await start({ args: [1, { k: 2 }] });
    expect(await sandbox.run([{ a: 1, b: 2 }, { a: 3, b: 4 }, 'later'])).toEqual([3, 7, 'late']);
    expect(await sandbox.one('seen')).toEqual([
      { files: 'file', env: 'v', job: 'A job' },
      [1, { k: 2 }],
      'a + b',
    ]);
  });

  it('is bytes when the work function is bytes', async () => {
    const sandbox = await start({ source: new Uint8Array([1, 0]), sourceKind: 'bytes' });
    expect(await sandbox.one(['x', 'y'])).toBe('0yx');
  });

  it('includes console and progress', async () => {
    const sandbox = await start();
    expect(await sandbox.one('say')).toBe(true);
    expect(sandbox.lines).toEqual(['log said!']);
    expect(sandbox.of('progress').map((m) => m.progress)).toEqual([0.5]);
  });

  it('has only the globals of a work function in JavaScript', async () => {
    const sandbox = await start({
      module: `${SUMS.replace('async prepare', `async odd`).replace(
        'return {',
        'return { prepare: () => () => [typeof fetch, typeof postMessage, typeof process],',
      )}`,
    });
    expect(await sandbox.one(0)).toEqual(['undefined', 'undefined', 'undefined']);
  });
}

function errorTests(start: StartSums): void {
  it('thrown in a slice keep their type, message and position in the module', async () => {
    const sandbox = await start();
    const error = await sandbox.failure({ a: 1 });
    expect(error).toMatchObject({ name: 'RangeError', message: 'no b' });
    expect(error.stack).toContain('worktime.js');
    expect(error.stack).not.toMatch(/dist|blob:|data:/);
    expect(await sandbox.one({ a: 1, b: 1 })).toBe(2);
  });

  it('may be reported in terms of the language of the worktime', async () => {
    const explaining = SUMS.replace(
      'async prepare',
      `explain: (e) => ({ name: 'SumError', message: e.term + '?', stack: 'SumError: ' + e.term + '? in line 1', code: 7 }),
       async prepare`,
    );
    const sandbox = await start({ module: explaining });
    expect(await sandbox.failure({ a: 1 })).toMatchObject({ name: 'SumError', message: 'b?', stack: 'SumError: b? in line 1', code: 7 }); // prettier-ignore
    const broken = await start({
      module: explaining.replace('explain: (e) => (', 'explain: (e) => e.none.no && ('),
    });
    expect(await broken.failure({ a: 1 })).toMatchObject({ name: 'RangeError', message: 'no b' });
  });

  it.each([
    ['does not parse', 'export const name = ;', 'cannot be loaded: SyntaxError'],
    ['throws', 'throw new TypeError("at once")', 'cannot be loaded: TypeError: at once'],
    ['is another', SUMS.replace("'1.2.3'", "'1.2.4'"), 'says that it is sums 1.2.4'],
    ['exports no start', SUMS.replace('async function start', 'async function begin'), 'no function `start`'],
    ['does not start', SUMS.replace('const seen', 'throw new RangeError("no"); const seen'), 'does not start: RangeError: no'],
    ['has no prepare', SUMS.replace('async prepare', 'async ready'), '`prepare`'],
    ['cannot prepare', SUMS.replace('const terms', 'throw new SyntaxError("bad sum"); const terms'), 'cannot prepare the work function: SyntaxError: bad sum'],
    ['gives no function', SUMS.replace('return (datum)', 'return 5; (datum)'), 'gave number'],
  ])('reject the assignment before any slice when its module %s', async (_, module, text) => {
    await expect(start({ module })).rejects.toMatchObject({
      code: 'WORK_FUNCTION_INVALID',
      message: expect.stringContaining(text) as string,
    });
  }); // prettier-ignore
}
