/**
 * Bundles and the system's tar: it reads ours, and we read what it writes, in each of its formats.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobFS } from '../../src/entry/jobfs.node.js';
import { unpackBundle } from '../../src/jobfs/bundle.js';

const run = promisify(execFile);
const LONG = `${'directory-of-some-length/'.repeat(7)}file`;
const VERY_LONG_NAME = `${'n'.repeat(200)}.txt`;
const FILES: Record<string, string> = {
  'a.txt': 'a',
  empty: '',
  'ünïcode 漢字 😀': 'u',
  [LONG]: 'long',
  [VERY_LONG_NAME]: 'very long',
  'sub/large': 'x'.repeat(100_000),
};
/** Names that fit into a ustar header, and into one of the oldest format. */
const SHORT = ['a.txt', 'empty', 'sub/large'];

let dir: string;
let bundle: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manyhands-tar-'));
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(join(dir, 'in', name, '..'), { recursive: true });
    await writeFile(join(dir, 'in', name), content);
  }
  await mkdir(join(dir, 'in/nothing in it'));
  const fs = new JobFS();
  await fs.add(join(dir, 'in'), '/data');
  bundle = join(dir, 'bundle.tgz');
  await writeFile(bundle, (await fs.pack()).bytes);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the system’s tar command', () => {
  it('lists our bundles', async () => {
    const { stdout, stderr } = await run('tar', ['--quoting-style=literal', '-tzf', bundle]);
    expect(stderr).toBe('');
    const names = stdout.trimEnd().split('\n');
    expect(names).toContain('home/pyodide/');
    expect(names).toContain('data/nothing in it/');
    expect(names.filter((name) => !name.endsWith('/')).sort()).toEqual(
      Object.keys(FILES)
        .map((name) => `data/${name}`)
        .sort(),
    );
  });

  it('extracts our bundles', async () => {
    const out = join(dir, 'out');
    await mkdir(out);
    await run('tar', ['-xzf', bundle, '-C', out]);
    for (const [name, content] of Object.entries(FILES))
      expect(await readFile(join(out, 'data', name), 'utf8')).toBe(content);
    const { mode, mtimeMs } = await stat(join(out, 'data/a.txt'));
    expect({ mode: mode & 0o777, mtimeMs }).toEqual({ mode: 0o644, mtimeMs: 0 });
  });
});

describe('archives of the system’s tar are unpacked', () => {
  async function packed(...args: string[]): Promise<Record<string, string>> {
    const path = join(dir, 'theirs.tgz');
    await run('tar', ['-czf', path, ...args], { cwd: join(dir, 'in') });
    const found: Record<string, string> = {};
    for (const [name, entry] of unpackBundle(new Uint8Array(await readFile(path)))) {
      if (entry.kind === 'file') found[name] = new TextDecoder().decode(entry.bytes);
    }
    return found;
  }
  const at = (root: string, names = Object.keys(FILES)): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`${root}${name}`, FILES[name]!]));

  it.each(['gnu', 'oldgnu', 'pax', 'posix'])('in the format %s', async (format) => {
    expect(await packed(`--format=${format}`, '.')).toEqual(at('/'));
  });

  it.each(['ustar', 'v7'])('in the format %s', async (format) => {
    expect(await packed(`--format=${format}`, ...SHORT)).toEqual(at('/', SHORT));
  });

  it('with long ustar names', async () => {
    expect(await packed('--format=ustar', LONG)).toEqual(at('/', [LONG]));
  });

  it('with absolute paths', async () => {
    const root = join(dir, 'in');
    expect(await packed('-P', root)).toEqual(at(`${root}/`));
  });
});
