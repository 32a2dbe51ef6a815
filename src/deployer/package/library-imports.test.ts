import { describe, expect, it } from 'vitest';
import { createDeployerFixture } from '../../testing/deployer/deployer-fixture.js';
import type { Bundler } from '../../worktimes/packing/bundler.js';
import { parseDo, parseFor } from '../call/forms.js';
import { readRequires } from './library-imports.js';

const code = (name: string, text = ''): Error =>
  expect.objectContaining({ code: name, message: expect.stringContaining(text) as string }) as Error;

const script = new TextEncoder().encode('({})');
const bundler: Bundler = {
  isNeeded: (url) => url.pathname.endsWith('.ts'),
  bundleModule: () =>
    Promise.resolve({
      bytes: new TextEncoder().encode('export default (x) => x'),
      sourceMap: new TextEncoder().encode('{}'),
      files: new Map([['/bundled/a.wasm', new Uint8Array(3)]]),
      warnings: ['work.ts:1:1: odd'],
    }),
  readSourceMap: () => (line, column) => `work.ts:${line}:${column}`,
  bundleLibraries: () => Promise.resolve({ bytes: script, files: new Map(), warnings: [] }),
};

describe('the libraries of a call', () => {
  const work = (x: number): number => x;

  it('follow the arguments, which may be left out', () => {
    const own = new URL('file:///a/b.js');
    for (const args of [undefined, []]) {
      const { imports } = parseFor([[1], work, args, { imports: { math: 'mathjs', own } }]);
      expect([...imports]).toEqual([['math', 'mathjs'], ['own', own]]); // prettier-ignore
    }
    expect(parseFor([1, 5, 2, work, ['a'], { imports: { a: 'b' } }])).toMatchObject({ args: ['a'] });
    expect([...parseDo([3, work, [], { imports: { a: 'b' } }]).imports]).toEqual([['a', 'b']]);
    expect([...parseDo([work, [], { imports: { a: 'b' } }]).imports]).toEqual([['a', 'b']]);
    expect([...parseFor([[1], work, [], {}]).imports]).toEqual([]);
    expect(parseFor([[1], work, [2], undefined]).args).toEqual([2]);
  });

  it.each([
    [{ import: { a: 'b' } }, code('UNKNOWN_OPTION', "Did you mean 'imports'?")],
    [{ imports: ['mathjs'] }, code('INVALID_ARGUMENT', "imports takes { name: 'package' }")],
    [{ imports: { a: 1 } }, code('INVALID_ARGUMENT', 'imports.a must be the name of a package')],
    [{ imports: { a: './b.js' } }, code('INVALID_ARGUMENT', 'pass new URL("./b.js", import.meta.url)')],
    [{ imports: { a: new URL('https://a.example') } }, code('INVALID_ARGUMENT', 'must be a file: URL')],
    [{ imports: { '': 'a' } }, code('INVALID_ARGUMENT', 'must have 1 to 128 characters')],
    [{ imports: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, 'b'])) }, code('INVALID_ARGUMENT', 'more than 64')],
  ])('are refused where they are given: %j', (settings, error) => {
    expect(() => parseFor([[1], work, [], settings])).toThrowError(error);
  }); // prettier-ignore

  it('may be named by job.requires in three ways', () => {
    expect([...readRequires('mathjs')]).toEqual([['mathjs', 'mathjs']]);
    expect([...readRequires(['a', 'b'])]).toEqual([['a', 'a'], ['b', 'b']]); // prettier-ignore
    expect([...readRequires({ m: 'mathjs' })]).toEqual([['m', 'mathjs']]);
    expect(() => readRequires([1])).toThrowError(code('INVALID_ARGUMENT'));
    expect(() => readRequires(5)).toThrowError(code('INVALID_ARGUMENT'));
  });
});

describe('a job with libraries', () => {
  it('has their script in its package as a blob, with the names in order', async () => {
    const { scheduler, deployer, ports } = createDeployerFixture();
    ports.bundler = bundler;
    const job = deployer.computeFor([1], (x: number) => x, [], { imports: { math: 'mathjs' } });
    await job.requires('dayjs').deploy();
    expect(scheduler.package.libraries).toMatchObject({ bytes: script.length, names: ['dayjs', 'math'] });
    expect(() => job.requires('late')).toThrowError(code('JOB_STATE', 'a required library'));
  });

  it('is refused where nothing can bundle them, and in other languages', async () => {
    const { deployer, ports } = createDeployerFixture();
    const inPage = deployer.computeFor([1], (x: number) => x).requires('mathjs');
    await expect(inPage.deploy()).rejects.toThrowError(
      code('BUNDLER_MISSING', 'requires the library mathjs'),
    );
    ports.bundler = bundler;
    const inPython = deployer.computeFor([1], 'def f(x): return x').requires('mathjs');
    inPython.worktime = 'pyodide';
    await expect(inPython.deploy()).rejects.toThrowError(
      code('INVALID_ARGUMENT', 'only work functions in JavaScript'),
    );
  });
});

describe('a module by URL', () => {
  it('is bundled where that is needed, with its source map and files', async () => {
    const { scheduler, deployer, ports, modules, warnings } = createDeployerFixture();
    ports.bundler = bundler;
    modules.set('file:///work.ts', 'export default (x: number) => x');
    await deployer.computeFor([1], new URL('file:///work.ts')).deploy();
    expect(scheduler.package).toMatchObject({ sourceKind: 'module', sourceMap: { bytes: 2 } });
    expect(scheduler.package.fs).toMatchObject({ cwd: '/home/pyodide' });
    expect(warnings).toEqual(['work.ts:1:1: odd']);
  });

  it('is shipped as it is where that is not needed', async () => {
    const { scheduler, deployer, ports, modules } = createDeployerFixture();
    ports.bundler = bundler;
    modules.set('file:///work.js', 'export default (x) => x + 1');
    await deployer.computeFor([1], new URL('file:///work.js')).deploy();
    expect(scheduler.package).toMatchObject({ sourceKind: 'module' });
    expect(scheduler.package.sourceMap).toBe(undefined);
  });
});
