import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundler } from './bundler.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-bundler-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, text: string | Uint8Array): Promise<URL> {
  const path = join(folder, name);
  await writeFile(path, text);
  return pathToFileURL(path);
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Imports the bundle as a sandbox does. */
async function imported(bytes: Uint8Array): Promise<Record<string, unknown>> {
  const url = `data:text/javascript,${encodeURIComponent(textOf(bytes))}`;
  return (await import(url)) as Record<string, unknown>;
}

const refused = (text: RegExp, info: object = {}): unknown => ({
  code: 'WORK_FUNCTION_INVALID',
  message: expect.stringMatching(text) as string,
  info: expect.objectContaining(info) as object,
});

describe('a module', () => {
  it.each([
    ['work.js', 'export default (x) => x;', false],
    ['work.js', '// import { a } from "a"\nexport default (x) => x;', false],
    ['work.ts', 'export default (x: number) => x;', true],
    ['work.js', 'import { a } from "./a.js";\nexport default a;', true],
    ['work.js', 'export { a as default } from "./a.js";', true],
    ['work.cjs', 'module.exports = require("./a.js");', true],
    ['work.js', 'export default async () => import("./a.js");', true],
  ])('has to be bundled where it imports or is TypeScript: %s, %s', (name, text, isNeeded) => {
    expect(bundler.isNeeded(new URL(name, 'file:///jobs/'), text)).toBe(isNeeded);
    expect(bundler.isNeeded(new URL(name, 'https://example.org/'), text)).toBe(false);
  });

  it('is one text with what it imports, and a source map without the sources', async () => {
    await written('double.ts', 'export const double = (x: number): number => 2 * x;');
    await written('words.txt', 'some words');
    await written('table.json', '{ "a": [1] }');
    const url = await written(
      'work.ts',
      `import { double } from './double.js';
       import words from './words.txt';
       import table from './table.json';
       enum Unit { metre = 7 }
       export default (x: number): unknown => [double(x), words, table, Unit.metre, typeof global];`,
    );
    const { bytes, sourceMap, files, warnings } = await bundler.bundleModule(url);
    const work = (await imported(bytes))['default'] as (x: number) => unknown;
    expect(work(4)).toEqual([8, 'some words', { a: [1] }, 7, 'object']);
    expect([files.size, warnings]).toEqual([0, []]);
    const map = JSON.parse(textOf(sourceMap!)) as { sources: string[]; sourcesContent?: unknown };
    expect(map.sources.some((name) => name.endsWith('work.ts'))).toBe(true);
    expect(map.sourcesContent).toBe(undefined);
  });

  it('warns of an import whose module is computed, and not of those of packages', async () => {
    await mkdir(join(folder, 'node_modules/lazy'), { recursive: true });
    await written('node_modules/lazy/index.js', 'export const load = (name) => import(name);');
    const url = await written(
      'computed.ts',
      "import { load } from 'lazy';\nexport default async (n: string) => [load, await import(n), import('./computed.js')];",
    );
    const { warnings } = await bundler.bundleModule(url);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /computed\.ts:2:\d+: import of a computed name finds no module in a sandbox; write the name as a literal$/,
    );
  });

  it('has a source map by which its errors are found in the files', async () => {
    await written('thrower.ts', '\n\nexport function thrower(): never {\n  throw new Error("here");\n}');
    const url = await written(
      'mapped.ts',
      'import { thrower } from "./thrower.js";\nexport default () => thrower();',
    );
    const { bytes, sourceMap } = await bundler.bundleModule(url);
    const work = (await imported(bytes))['default'] as () => never;
    let stack = '';
    try {
      work();
    } catch (error) {
      stack = (error as Error).stack!;
    }
    const [, line, column] = /:(\d+):(\d+)\)?$/m.exec(stack)!;
    const find = bundler.readSourceMap(sourceMap!);
    expect(find(Number(line), Number(column))).toMatch(/thrower\.ts:4:\d+$/);
  });

  it('keeps the names of functions and classes', async () => {
    const url = await written(
      'names.ts',
      'class Grid {}\nexport default () => [new Grid().constructor.name];',
    );
    const work = (await imported((await bundler.bundleModule(url)).bytes))['default'] as () => unknown;
    expect(work()).toEqual(['Grid']);
  });

  it.each([
    ['import a from "./none.js";\nexport default a;', /a\d+\.ts:1:15: \.\/none\.js is not found\.$/],
    ['\nimport a from "no-such-package/part";\nexport default a;', /:2:15: no-such-package\/part is not found: npm i no-such-package\.$/],
    ['import { readFileSync } from "node:fs";\nexport default readFileSync;', /:1:30: a sandbox has no node:fs\.$/],
    ['import { hash } from "crypto";\nexport default hash;', /:1:22: a sandbox has no node:crypto\.$/],
    ['export default async () => (await import("node:os")).cpus();', /:1:42: a sandbox has no node:os\.$/],
    ['export default (x: number => x;', /:1:/],
  ])('is refused with the file and line: %s', async (text, message) => {
    const url = await written(`a${text.length}.ts`, text);
    const place = expect.stringMatching(/a\d+\.ts:\d+:\d+$/) as string;
    await expect(bundler.bundleModule(url)).rejects.toMatchObject(refused(message, { place }) as object);
  }); // prettier-ignore

  it('that is too large is refused with its largest parts', async () => {
    await written('large.js', `export const large = "${'x'.repeat(17 * 1024 * 1024)}";`);
    const url = await written(
      'too-large.js',
      'import { large } from "./large.js"; export default () => large.length;',
    );
    const message =
      /it is 17\.00 MiB, and the limit is 16\.00 MiB\. Its largest parts are \S*large\.js 17\.00 MiB, \S*too-large/;
    await expect(bundler.bundleModule(url)).rejects.toMatchObject(refused(message) as object);
  });

  it('takes the files along that it imports or names by URL', async () => {
    await written('a.wasm', new Uint8Array([1, 2]));
    await written('b.dat', new Uint8Array([3]));
    await written('c.bin', new Uint8Array([4]));
    const url = await written(
      'files.ts',
      `import wasm from './a.wasm';
       import unused from './c.bin';
       export default async () => {
         const answer = await fetch(new URL('./b.dat', import.meta.url));
         return [wasm, answer.ok, new Uint8Array(await answer.arrayBuffer())];
       };`,
    );
    const { bytes, files } = await bundler.bundleModule(url);
    const jobfs = {
      exists: (path: string) => files.has(path),
      readFile: (path: string) => files.get(path)!.slice(),
    };
    expect([...files.keys()].map((path) => path.replace(/[0-9a-f]{12}/, '*')).sort()).toEqual([
      '/bundled/*/a.wasm',
      '/bundled/*/b.dat',
    ]);
    Object.assign(globalThis, { jobfs });
    const exports = await imported(bytes);
    const work = exports['default'] as () => Promise<unknown>;
    expect(await work()).toEqual([new Uint8Array([1, 2]), true, new Uint8Array([3])]);
  });

  it('reads by its fetch the files of the job and data: URLs, and no address', async () => {
    await written('d.json', '{"k":1}');
    const url = await written(
      'fetching.ts',
      `const file = new URL('./d.json', import.meta.url);
       export default async (address?: string) => {
         const answer = await fetch(address ?? file);
         return [answer.headers.get('Content-Type'), await answer.json()];
       };`,
    );
    const { bytes, files } = await bundler.bundleModule(url);
    Object.assign(globalThis, {
      jobfs: { exists: (path: string) => files.has(path), readFile: (path: string) => files.get(path)! },
    });
    const work = (await imported(bytes))['default'] as (address?: string) => Promise<unknown>;
    expect(await work()).toEqual(['application/json', { k: 1 }]);
    expect(await work('data:text/plain,[1]')).toEqual(['text/plain', [1]]);
    expect(await work(`data:x/y;base64,${btoa('{"b":2}')}`)).toEqual(['x/y', { b: 2 }]);
    await expect(work('https://example.org/d.json')).rejects.toThrow(
      "A sandbox has no network: https://example.org/d.json is none of the job's files",
    );
  });
});

describe('libraries', () => {
  const load = async (libraries: Record<string, string | URL>): Promise<Record<string, () => unknown>> => {
    const { bytes } = await bundler.bundleLibraries(new Map(Object.entries(libraries)));
    return (0, eval)(textOf(bytes)) as Record<string, () => unknown>;
  };

  it('are a script with a function for each, which evaluates the library once', async () => {
    const own = await written(
      'own.ts',
      'globalThis.ownCount = (globalThis.ownCount ?? 0) + 1; export const k: number = 3;',
    );
    const found = await load({
      _: 'lodash-es',
      day: 'dayjs',
      'dayjs/plugin/utc.js': 'dayjs/plugin/utc.js',
      own,
    });
    expect('ownCount' in globalThis).toBe(false);
    expect((found['_']!() as { chunk: (list: number[], size: number) => unknown }).chunk([1, 2, 3], 2)).toEqual([[1, 2], [3]]); // prettier-ignore
    expect((found['day']!() as (date: string) => { year(): number })('2026-11-30').year()).toBe(2026);
    expect(typeof found['dayjs/plugin/utc.js']!()).toBe('function');
    expect((found['own']!() as { k: number }).k + (found['own']!() as { k: number }).k).toBe(6);
    expect((globalThis as { ownCount?: number }).ownCount).toBe(1);
  });

  it('that are not installed are refused by name', async () => {
    await expect(load({ a: 'no-such-package' })).rejects.toMatchObject(
      refused(
        /^The library a cannot be bundled: .*no-such-package is not found: npm i no-such-package/,
      ) as object,
    );
    await expect(load({ fs: 'node:fs' })).rejects.toMatchObject(
      refused(/a sandbox has no node:fs/) as object,
    );
  });
});
