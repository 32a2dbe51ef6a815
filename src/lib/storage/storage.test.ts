import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../crypto/random.js';
import { memoryStorage } from './storage.js';
import type { KeyValueStorage } from './storage.js';
import { fileStorage } from './storage-files.js';

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'manyhands-storage-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const newDir = (): string => join(root, String(made++), 'made', 'when needed');
const secretFiles = (dir: string): KeyValueStorage =>
  fileStorage({ dir, suffix: '.keystore', random: systemRandom, secret: true });

const makers: [string, () => KeyValueStorage][] = [
  ['memory', () => memoryStorage()],
  ['files', () => fileStorage({ dir: newDir(), suffix: '', random: systemRandom })],
  ['secret files', () => secretFiles(newDir())],
];

describe.each(makers)('a store in %s', (_, make) => {
  it('is empty at first', async () => {
    const store = make();
    expect(await store.keys()).toEqual([]);
    expect(await store.get('a')).toBeUndefined();
    await store.delete('a');
  });

  it('keeps, replaces and deletes', async () => {
    const store = make();
    await store.set('a', bytes('1'));
    await store.set('b.c_d@e-f', bytes(''));
    await store.set('a', bytes('22'));
    expect(await store.get('a')).toEqual(bytes('22'));
    expect(await store.get('b.c_d@e-f')).toEqual(bytes(''));
    expect([...(await store.keys())].sort()).toEqual(['a', 'b.c_d@e-f']);
    await store.delete('a');
    expect(await store.get('a')).toBeUndefined();
    expect(await store.keys()).toEqual(['b.c_d@e-f']);
  });

  it('adds where nothing is, for one of many at once', async () => {
    const store = make();
    const values = Array.from({ length: 20 }, (_, i) => bytes(`value ${i}`));
    const added = await Promise.all(values.map((value) => store.add('a', value)));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await store.get('a')).toEqual(values[added.indexOf(true)]);
    expect(await store.add('a', bytes('later'))).toBe(false);
    await store.delete('a');
    expect(await store.add('a', bytes('later'))).toBe(true);
  });
});

describe('files', () => {
  it('leave nothing half written behind', async () => {
    const dir = newDir();
    const store = secretFiles(dir);
    await Promise.all([store.add('a', bytes('1')), store.add('a', bytes('2')), store.set('a', bytes('3'))]);
    expect(await readdir(dir)).toEqual(['a.keystore']);
    await mkdir(join(dir, 'taken.keystore'));
    await expect(store.set('taken', bytes('1'))).rejects.toThrow();
    expect((await readdir(dir)).sort()).toEqual(['a.keystore', 'taken.keystore']);
  });

  it.each(['../a', 'a/b', '', '.a', 'a\0b', '..', 'x'.repeat(129)])('refuse the key %j', async (key) => {
    const store = secretFiles(newDir());
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;
    await expect(store.get(key)).rejects.toEqual(refusal);
    await expect(store.set(key, bytes(''))).rejects.toEqual(refusal);
    await expect(store.add(key, bytes(''))).rejects.toEqual(refusal);
    await expect(store.delete(key)).rejects.toEqual(refusal);
  });

  it('list their own only', async () => {
    const dir = newDir();
    const store = secretFiles(dir);
    await store.set('a', bytes('1'));
    await writeFile(join(dir, 'notes.txt'), '');
    await writeFile(join(dir, '.keystore'), '');
    await writeFile(join(dir, '.0123.tmp'), '');
    expect(await store.keys()).toEqual(['a']);
  });
});

describe('secret files', () => {
  it('are their owner’s alone, whatever the mask', async () => {
    const before = process.umask(0);
    try {
      const dir = newDir();
      await secretFiles(dir).add('a', bytes('1'));
      await secretFiles(dir).set('b', bytes('1'));
      expect((await stat(dir)).mode & 0o777).toBe(0o700);
      for (const name of ['a.keystore', 'b.keystore'])
        expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it.each([0o644, 0o640, 0o604, 0o620, 0o601])(
    'with mode %o are refused, with the command that mends it',
    async (mode) => {
      const dir = newDir();
      const store = secretFiles(dir);
      await store.set('a', bytes('1'));
      const path = join(dir, 'a.keystore');
      await chmod(path, mode);
      await expect(store.get('a')).rejects.toMatchObject({
        code: 'KEYSTORE_UNSAFE',
        message: expect.stringContaining(`chmod 600 '${path}'`) as string,
      });
      await chmod(path, 0o400);
      expect(await store.get('a')).toEqual(bytes('1'));
    },
  );

  it('are judged by what a link leads to', async () => {
    const dir = newDir();
    const store = secretFiles(dir);
    await store.set('a', bytes('1'));
    const target = join(dir, 'elsewhere');
    await writeFile(target, 'x', { mode: 0o644 });
    await symlink(target, join(dir, 'b.keystore'));
    await expect(store.get('b')).rejects.toMatchObject({ code: 'KEYSTORE_UNSAFE' });
    await store.set('b', bytes('2'));
    expect(await readFile(target, 'utf8')).toBe('x');
    expect(await store.get('b')).toEqual(bytes('2'));
  });
});

it('a folder that cannot be made or read says which and why', async () => {
  const file = join(root, 'a-file');
  await writeFile(file, '');
  const store = secretFiles(join(file, 'below'));
  const unusable = { code: 'FOLDER_UNUSABLE', info: { path: join(file, 'below') } };
  await expect(store.set('a', bytes('1'))).rejects.toMatchObject(unusable);
  await expect(store.add('a', bytes('1'))).rejects.toMatchObject(unusable);
  await expect(store.get('a')).rejects.toMatchObject(unusable);
  await expect(store.keys()).rejects.toMatchObject({
    ...unusable,
    message: expect.stringContaining('ENOTDIR') as string,
  });
});
