import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isError } from '../../lib/errors.js';
import type { JobPackage } from './job-package.js';
import { decodeJobPackage, encodeJobPackage, packageDigest } from './job-package-codec.js';
import {
  BINARY_SOURCE_BYTES_MAX,
  BLOB_BYTES_MAX,
  CUSTOM_WORKTIME_BYTES_MAX,
  ENV_COUNT_MAX,
  GROUPS_MAX,
  JOBFS_PATH_BYTES_MAX,
  LIBRARIES_MAX,
  MODULE_BYTES_MAX,
  NAME_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  PUBLIC_TEXT_LENGTH_MAX,
  REQUIREMENTS_MAX,
  SLICE_TIMEOUT_MS_MAX,
  SOURCE_BYTES_MAX,
  SOURCE_MAP_BYTES_MAX,
  VALUE_BYTES_MAX,
  VOTES_MAX,
} from '../limits.js';
import { decodeValue, encodeValue } from '../values/values.js';

const DIGEST = 'ab'.repeat(32);
const malformed = expect.objectContaining({ code: 'PACKAGE_MALFORMED' }) as Error;

const sample = (): JobPackage => ({
  version: 2,
  worktime: { name: 'map-basic', range: '^1.0.0' },
  source: { inline: new TextEncoder().encode('(x) => x * x') },
  sourceKind: 'function',
  args: { inline: encodeValue([]) },
  fs: { blob: DIGEST, bytes: 100, cwd: '/home/pyodide' },
  env: { B: '2', A: '1' },
  requirements: { 'environment.webgpu': true, cores: 4, engine: 'v8' },
  groups: [{ key: 'public' }, { key: 'team' }],
  votes: 2,
  public: { name: 'Squares', description: '', link: 'https://example.org/' },
  isolation: 'job',
  limits: { sliceTimeoutMs: 1_000, noProgressMs: 500 },
});

/** The sample with one field, named by its path, put in or (undefined) taken out. */
function changed(path: string, value: unknown): JobPackage {
  const pkg = sample() as unknown as Record<string, unknown>;
  const steps = path.split('.');
  let at = pkg;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[steps.at(-1)!];
  else at[steps.at(-1)!] = value;
  return pkg as unknown as JobPackage;
}

const record = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`N${i}`, '']));

const custom = (bytes: number, version = '1'): unknown => ({
  name: 'lisp',
  version,
  source: { blob: DIGEST, bytes },
});

const libraries = (bytes: number, named: string[]): unknown => ({ blob: DIGEST, bytes, names: named });
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `name ${100 + i}`);

describe('a package', () => {
  test('comes back as it was, in any order of its fields, without what was absent', () => {
    const bytes = encodeJobPackage(sample());
    expect(decodeJobPackage(bytes)).toEqual(sample());
    const shuffled = Object.fromEntries(Object.entries(sample()).reverse()) as unknown as JobPackage;
    shuffled.env = { A: '1', B: '2' };
    expect(encodeJobPackage(shuffled)).toEqual(bytes);
    const { fs: _, ...bare } = sample();
    expect(decodeJobPackage(encodeJobPackage(bare))).toEqual(bare);
    expect(encodeJobPackage({ ...bare, fs: undefined })).toEqual(encodeJobPackage(bare));
  });

  test('its digest is the SHA-256 of its bytes, fixed for ever', () => {
    const bytes = encodeJobPackage(sample());
    expect(packageDigest(bytes)).toBe('d9e6cb1ddb2922c5a6e6534b7e57392a3f25fbc4701ea63c87cb58ca787b99b9');
    expect(packageDigest(encodeJobPackage({ ...sample(), votes: 3 }))).not.toBe(packageDigest(bytes));
  });

  test('as many bytes as a package may have, and no more', () => {
    const ofText = (length: number): JobPackage => ({ ...sample(), env: { A: 'x'.repeat(length) } });
    // What is left of the package, whose heads are as long for this text as for the longest one.
    const rest = encodeJobPackage(ofText(PACKAGE_BYTES_MAX / 2)).length - PACKAGE_BYTES_MAX / 2;
    const longest = ofText(PACKAGE_BYTES_MAX - rest);
    const bytes = encodeJobPackage(longest);
    expect(bytes).toHaveLength(PACKAGE_BYTES_MAX);
    expect(decodeJobPackage(bytes)).toEqual(longest);
    const tooLarge = expect.objectContaining({
      code: 'PACKAGE_MALFORMED',
      message: expect.stringContaining(`${PACKAGE_BYTES_MAX + 1} bytes are more`) as string,
    }) as Error;
    expect(() => encodeJobPackage(ofText(PACKAGE_BYTES_MAX - rest + 1))).toThrow(tooLarge);
    expect(() => decodeJobPackage(new Uint8Array(PACKAGE_BYTES_MAX + 1))).toThrow(tooLarge);
  });

  test.each([undefined, null, 5])('no package of version 1 whose limits are %s', (limits) => {
    expect(() => decodeJobPackage(encodeValue({ ...sample(), version: 1, limits }))).toThrow(malformed);
  });

  test('blobs in place of what is inline; the same bytes twice are two', () => {
    const blobs = {
      ...sample(),
      source: { blob: DIGEST, bytes: SOURCE_BYTES_MAX },
      args: { blob: DIGEST, bytes: VALUE_BYTES_MAX },
    };
    expect(decodeJobPackage(encodeJobPackage(blobs))).toEqual(blobs);
    const shared = new Uint8Array([0x90]);
    const twice = encodeJobPackage({ ...sample(), source: { inline: shared }, args: { inline: shared } });
    expect(decodeJobPackage(twice).args).toEqual({ inline: shared });
    const worktime = { name: 'a', version: '1', source: { inline: shared } };
    expect(() =>
      decodeJobPackage(encodeJobPackage({ ...sample(), args: { inline: shared }, customWorktime: worktime })),
    ).not.toThrow();
    const apart = { ...sample(), source: { inline: shared }, args: { inline: shared.slice() } };
    expect(encodeJobPackage(apart)).toEqual(twice);
  });
});

describe('the edge of what is taken', () => {
  test.each<[string, unknown, unknown]>([
    ['worktime.name', 'n'.repeat(NAME_LENGTH_MAX), 'n'.repeat(NAME_LENGTH_MAX + 1)],
    ['worktime.range', '*', ''],
    [
      'source',
      { inline: new Uint8Array(SOURCE_BYTES_MAX) },
      { inline: new Uint8Array(SOURCE_BYTES_MAX + 1) },
    ],
    ['source', { blob: DIGEST, bytes: 1 }, { blob: DIGEST, bytes: SOURCE_BYTES_MAX + 1 }],
    ['libraries', libraries(MODULE_BYTES_MAX, ['a', 'b']), libraries(MODULE_BYTES_MAX + 1, ['a'])],
    ['libraries', libraries(1, names(LIBRARIES_MAX)), libraries(1, names(LIBRARIES_MAX + 1))],
    ['libraries', libraries(1, ['@a/b']), libraries(1, [])],
    ['libraries', libraries(1, ['a', 'b']), libraries(1, ['b', 'a'])],
    ['libraries', libraries(1, ['a', 'b']), libraries(1, ['a', 'a'])],
    [
      'sourceMap',
      { blob: DIGEST, bytes: SOURCE_MAP_BYTES_MAX },
      { blob: DIGEST, bytes: SOURCE_MAP_BYTES_MAX + 1 },
    ],
    ['wasm', { export: 'n'.repeat(NAME_LENGTH_MAX) }, { export: 'n'.repeat(NAME_LENGTH_MAX + 1) }],
    ['wasm', { result: 'json' }, {}],
    ['wasm', { alloc: 'malloc', free: 'free' }, { free: '' }],
    ['wasm', { output: '/tmp/o', exitCodes: [0, 255] }, { exitCodes: [0, 256] }],
    ['wasm', { exitCodes: [10] }, { exitCodes: [10, 10] }],
    ['wasm', { exitCodes: [0, 1] }, { exitCodes: [1, 0] }],
    ['wasm', { exitCodes: [0] }, { exitCodes: [] }],
    [
      'customWorktime',
      custom(CUSTOM_WORKTIME_BYTES_MAX, 'v'.repeat(NAME_LENGTH_MAX)),
      custom(CUSTOM_WORKTIME_BYTES_MAX + 1),
    ],
    ['args', { blob: DIGEST, bytes: 1 }, { blob: DIGEST, bytes: VALUE_BYTES_MAX + 1 }],
    ['fs.bytes', BLOB_BYTES_MAX, BLOB_BYTES_MAX + 1],
    ['fs.cwd', `/${'d'.repeat(JOBFS_PATH_BYTES_MAX - 1)}`, `/${'d'.repeat(JOBFS_PATH_BYTES_MAX)}`],
    ['env', record(ENV_COUNT_MAX), record(ENV_COUNT_MAX + 1)],
    ['requirements', record(REQUIREMENTS_MAX), record(REQUIREMENTS_MAX + 1)],
    [
      'groups',
      Array.from({ length: GROUPS_MAX }, (_, i) => ({ key: `g${i}` })),
      Array.from({ length: GROUPS_MAX + 1 }, (_, i) => ({ key: `g${i}` })),
    ],
    ['votes', VOTES_MAX, VOTES_MAX + 1],
    ['votes', 1, 0],
    ['public.name', 'n'.repeat(PUBLIC_TEXT_LENGTH_MAX), 'n'.repeat(PUBLIC_TEXT_LENGTH_MAX + 1)],
    ['public.link', '', 'javascript:alert(1)'],
    ['limits.sliceTimeoutMs', SLICE_TIMEOUT_MS_MAX, SLICE_TIMEOUT_MS_MAX + 1],
    ['limits.noProgressMs', 1, 0],
  ])('%s', (path, taken, refused) => {
    deepStrictEqual(decodeJobPackage(encodeJobPackage(changed(path, taken))), changed(path, taken));
    expect(() => encodeJobPackage(changed(path, refused))).toThrow(malformed);
  });

  test('a source that is bytes', () => {
    const of = (bytes: number): JobPackage => ({
      ...sample(),
      source: { blob: DIGEST, bytes },
      sourceKind: 'bytes',
    });
    deepStrictEqual(
      decodeJobPackage(encodeJobPackage(of(BINARY_SOURCE_BYTES_MAX))),
      of(BINARY_SOURCE_BYTES_MAX),
    );
    expect(() => encodeJobPackage(of(BINARY_SOURCE_BYTES_MAX + 1))).toThrow(malformed);
  });

  test('the text of a module is a larger blob than that of a function', () => {
    const of = (source: JobPackage['source']): JobPackage => ({ ...sample(), source, sourceKind: 'module' });
    const largest = of({ blob: DIGEST, bytes: MODULE_BYTES_MAX });
    deepStrictEqual(decodeJobPackage(encodeJobPackage(largest)), largest);
    for (const source of [
      { blob: DIGEST, bytes: MODULE_BYTES_MAX + 1 },
      { inline: new Uint8Array(SOURCE_BYTES_MAX + 1) },
    ])
      expect(() => encodeJobPackage(of(source))).toThrow(malformed);
  });

  test('the whole', () => {
    const text = 'x'.repeat(PACKAGE_BYTES_MAX);
    expect(() => encodeJobPackage(changed('env', { A: text }))).toThrow(malformed);
    expect(() => decodeJobPackage(new Uint8Array(PACKAGE_BYTES_MAX + 1))).toThrow(malformed);
  });
});

describe('what is wrong is named', () => {
  test.each<[string, unknown]>([
    ['version', 3],
    ['version', undefined],
    ['worktime', 'map-basic'],
    ['worktime.extra', 1],
    ['source', undefined],
    ['source', {}],
    ['source', { inline: 'text' }],
    ['source', { inline: new Uint8Array(0) }],
    ['source', { inline: new Uint8Array(1), blob: DIGEST }],
    ['source', { blob: DIGEST }],
    ['source', { blob: DIGEST.toUpperCase(), bytes: 1 }],
    ['source', { blob: DIGEST, bytes: 1.5 }],
    ['sourceKind', 'script'],
    ['wasm', { export: '' }],
    ['wasm', { result: 'xml' }],
    ['wasm', { entry: 'work' }],
    ['customWorktime', false],
    ['customWorktime', { name: 'lisp', version: '1' }],
    ['customWorktime', { name: '', version: '1', source: { blob: DIGEST, bytes: 1 } }],
    ['args', null],
    ['fs', { blob: DIGEST, bytes: 1 }],
    ['fs.cwd', 'relative'],
    ['fs.cwd', '/a\0b'],
    ['fs.extra', 1],
    ['modules', {}],
    ['modules', { files: [] }],
    ['modules', { files: [{ name: '../a.whl', blob: DIGEST, bytes: 1 }] }],
    ['modules', { files: [{ name: 'a.whl', blob: DIGEST, bytes: 0 }] }],
    ['modules', { files: ['b', 'a'].map((name) => ({ name, blob: DIGEST, bytes: 1 })) }],
    ['modules', { files: ['a', 'b', 'c', 'd'].map((name) => ({ name, blob: DIGEST, bytes: 2 ** 26 })) }],
    ['modules', { files: [{ name: 'a.whl', blob: DIGEST, bytes: 1 }], imports: ['a-b'] }],
    ['modules', { files: [{ name: 'a.whl', blob: DIGEST, bytes: 1 }], imports: ['b', 'a'] }],
    ['env', []],
    ['env', { A: 1 }],
    ['env', { 'A=B': '' }],
    ['env', { '1A': '' }],
    ['env', { '': '' }],
    ['env', { [`A${'B'.repeat(NAME_LENGTH_MAX)}`]: '' }],
    ['requirements', { a: null }],
    ['requirements', { a: Infinity }],
    ['groups', []],
    ['groups', [{ key: '' }]],
    ['groups', [{ key: 'a', secretHash: DIGEST }]],
    ['groups', [{ key: 'a', secret: 'never' }]],
    ['groups', [{ key: 'a' }, { key: 'a' }]],
    ['groups', { 0: { key: 'a' } }],
    ['votes', '1'],
    ['votes', 1.5],
    ['public', { name: '', description: '' }],
    ['public.link', ' https://example.org'],
    ['isolation', 'none'],
    ['limits', undefined],
    ['limits.sliceTimeoutMs', NaN],
    ['unknown', 1],
  ])('%s: %j', (path, value) => {
    const raw = changed(path, value);
    const said = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (isError(error, 'PACKAGE_MALFORMED')) return String(error.info['field'] ?? '');
        throw error;
      }
      throw new Error('it was taken');
    };
    expect(said(() => encodeJobPackage(raw))).toContain(path.split('.')[0]);
    expect(said(() => decodeJobPackage(encodeValue(raw)))).toContain(path.split('.')[0]);
  });

  test('bytes of no package, and no other encoding of one', () => {
    const bytes = encodeJobPackage(sample());
    const reordered = encodeValue({ ...sample(), env: { B: '2', A: '1' } });
    const shared = new Uint8Array([0x90]);
    const referring = encodeValue({
      ...(decodeValue(bytes) as object),
      source: { inline: shared },
      args: { inline: shared },
    });
    const canonical = decodeValue(bytes) as JobPackage;
    const newNamesInVersion1 = encodeValue({ ...canonical, version: 1 });
    const oldNames = encodeValue({ ...canonical, limits: { sliceMs: 1_000, noProgressMs: 500 } });
    const wide = Uint8Array.from([0xde, 0, bytes[0]! & 15, ...bytes.subarray(1)]);
    expect(decodeValue(wide)).toEqual(decodeValue(bytes));
    for (const bad of [
      reordered,
      referring,
      wide,
      newNamesInVersion1,
      oldNames,
      new Uint8Array(0),
      bytes.subarray(1),
      encodeValue([]),
      encodeValue(null),
    ]) {
      expect(() => decodeJobPackage(bad)).toThrow(malformed);
    }
  });

  test('another encoding of a package, with the offset of the first byte that differs', () => {
    const bytes = encodeJobPackage(sample());
    const longHeadOfVersion = 9;
    const changed = Uint8Array.from([...bytes.subarray(0, 9), 0xcc, ...bytes.subarray(9)]);
    expect(decodeValue(changed)).toEqual(decodeValue(bytes));
    expect(() => decodeJobPackage(changed)).toThrow(`differs at byte ${longHeadOfVersion}:`);
  });

  test('bytes changed: refused, or another package with those very bytes', () => {
    const valid = encodeJobPackage(sample());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = valid.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          try {
            expect(encodeJobPackage(decodeJobPackage(bytes))).toEqual(bytes);
          } catch (error) {
            if (!isError(error, 'PACKAGE_MALFORMED')) throw error;
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
