import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackBundle } from './bundle.js';
import { JobFS } from './job-fs.js';
import { FILES_BYTES_MAX } from './limits.js';
import { readPathNode } from './read-path-node.js';
import { readSource } from './sources.js';
import type { JobFsSource } from './sources.js';
import { Tree } from './tree.js';

let dir: string;
let server: Server;
let origin: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manyhands-jobfs-'));
  await mkdir(join(dir, 'tree/inner/deep'), { recursive: true });
  await mkdir(join(dir, 'tree/empty'));
  await writeFile(join(dir, 'tree/a.txt'), 'a');
  await writeFile(join(dir, 'tree/inner/b.txt'), 'b');
  await writeFile(join(dir, 'tree/inner/deep/~'), 'tilde');
  await writeFile(join(dir, 'plain.txt'), 'plain');
  server = createServer((request, response) => {
    if (request.url === '/missing.txt') response.statusCode = 404;
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('some');
      setImmediate(() => response.destroy());
      return;
    }
    response.end(`content of ${request.url ?? ''}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const make = (): JobFS => new JobFS({ readPath: readPathNode, fetch });
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** The files of a JobFS as they come out of its bundle; directories are `null`. */
async function unpacked(fs: JobFS): Promise<Record<string, string | null>> {
  const { bytes } = await fs.pack();
  return Object.fromEntries(
    [...unpackBundle(bytes)].map(([path, entry]) => [
      path,
      entry.kind === 'file' ? new TextDecoder().decode(entry.bytes) : null,
    ]),
  );
}

describe('a JobFS', () => {
  it('starts empty, in the home of Pyodide', async () => {
    const fs = make();
    expect(fs.cwd).toBe('/home/pyodide');
    expect(fs.isEmpty).toBe(true);
    expect(await unpacked(fs)).toEqual({ '/home': null, '/home/pyodide': null });
  });

  it.each<[string, () => JobFsSource]>([
    ['bytes', () => text('x')],
    ['a buffer', () => Buffer.from('x')],
    ['an ArrayBuffer', () => text('x').buffer as ArrayBuffer],
    ['a view on part of a buffer', () => new DataView(text('axb').buffer, 1, 1)],
    ['a Blob', () => new Blob(['x'])],
  ])('accepts %s', async (_, source) => {
    const fs = make();
    expect(await fs.add(source(), 'sub/data.bin')).toBe(fs);
    expect(fs.isEmpty).toBe(false);
    expect(fs.cat('sub/data.bin')).toBe('x');
    expect(await unpacked(fs)).toMatchObject({
      '/home/pyodide/sub': null,
      '/home/pyodide/sub/data.bin': 'x',
    });
  });

  it('copies bytes when they are added', async () => {
    const fs = make();
    const bytes = text('before');
    const added = fs.add(bytes, 'x');
    bytes.set(text('after!'));
    await added;
    expect(fs.cat('x')).toBe('before');
  });

  it('adds files and directories of this machine, by path or URL', async () => {
    const fs = make();
    await fs.add(join(dir, 'plain.txt'));
    await fs.add(pathToFileURL(join(dir, 'plain.txt')), '~/renamed.txt');
    await fs.add(join(dir, 'tree'));
    await fs.add(join(dir, 'tree/inner'), '/data');
    expect(await unpacked(fs)).toEqual({
      '/data': null,
      '/data/b.txt': 'b',
      '/data/deep': null,
      '/data/deep/~': 'tilde',
      '/home': null,
      '/home/pyodide': null,
      '/home/pyodide/plain.txt': 'plain',
      '/home/pyodide/renamed.txt': 'plain',
      '/home/pyodide/tree': null,
      '/home/pyodide/tree/a.txt': 'a',
      '/home/pyodide/tree/empty': null,
      '/home/pyodide/tree/inner': null,
      '/home/pyodide/tree/inner/b.txt': 'b',
      '/home/pyodide/tree/inner/deep': null,
      '/home/pyodide/tree/inner/deep/~': 'tilde',
    });
  });

  it('downloads a URL and adds the file under its name', async () => {
    const fs = make();
    await fs.add(new URL('/some%20name.txt?query', origin));
    await fs.add(new URL('/x', origin), '/etc/y');
    await fs.add(new URL('data:text/plain,hello'), 'hello');
    expect(fs.cat('some name.txt')).toBe('content of /some%20name.txt?query');
    expect(fs.cat('/etc/y')).toBe('content of /x');
    expect(fs.cat('hello')).toBe('hello');
  });

  it('adds a file to a directory under its own name', async () => {
    const fs = make().mkdir('there');
    await fs.add(join(dir, 'plain.txt'), 'there');
    await fs.add(join(dir, 'plain.txt'), '/not/yet/');
    await fs.add(join(dir, 'plain.txt'), '/');
    expect(fs.list().filter(({ kind }) => kind === 'file')).toEqual([
      { path: '/home/pyodide/there/plain.txt', kind: 'file', size: 5 },
      { path: '/not/yet/plain.txt', kind: 'file', size: 5 },
      { path: '/plain.txt', kind: 'file', size: 5 },
    ]);
  });

  it('is navigated like a file system', async () => {
    const fs = make().mkdir('a/b').chdir('a');
    expect(fs.cwd).toBe('/home/pyodide/a');
    await fs.add(text('1'), 'b/c.txt');
    await fs.add(text('2'), '../d.txt');
    expect(fs.ls()).toEqual(['b']);
    expect(fs.ls('..')).toEqual(['a', 'd.txt']);
    expect(fs.ls('/')).toEqual(['home']);
    expect(fs.tree()).toBe('home/\n  pyodide/\n    a/\n      b/\n        c.txt\n    d.txt\n');
    expect((await fs.pack()).cwd).toBe('/home/pyodide/a');
    expect(fs.chdir('/').chdir('~').cwd).toBe('/home/pyodide');
  });

  it.each<[string, (fs: JobFS) => unknown]>([
    ['chdir to what is not there', (fs) => fs.chdir('nowhere')],
    ['chdir to a file', (fs) => fs.chdir('file')],
    ['ls of a file', (fs) => fs.ls('file')],
    ['cat of a directory', (fs) => fs.cat('/home')],
    ['cat of nothing', (fs) => fs.cat('nothing')],
    ['mkdir over a file', (fs) => fs.mkdir('file')],
    ['mkdir under a file', (fs) => fs.mkdir('file/below')],
    ['add under a file', (fs) => fs.add(text('x'), 'file/below')],
    ['add of bytes over a directory', (fs) => fs.add(text('x'), '/home')],
    ['add of bytes to the root', (fs) => fs.add(text('x'), '/')],
    ['add of bytes to a directory to be', (fs) => fs.add(text('x'), 'new/')],
    ['add to a path with a NUL', (fs) => fs.add(text('x'), 'a\0b')],
  ])('%s is rejected', async (_, act) => {
    const fs = make();
    await fs.add(text('x'), 'file');
    await expect((async () => act(fs))()).rejects.toMatchObject({ code: 'JOBFS_PATH' });
    expect(fs.cwd).toBe('/home/pyodide');
    expect(fs.list()).toHaveLength(3);
  });

  it.each<[string, () => [unknown, string?]]>([
    ['nothing', () => [undefined, 'x']],
    ['null', () => [null, 'x']],
    ['an object', () => [{ path: 'x' }, 'x']],
    ['bytes without a destination', () => [text('x')]],
    ['a path that is not there', () => [join(dir, 'nothing')]],
    ['an address as a path', () => ['https://example.com/x']],
    ['the present directory, which has no name', () => ['.']],
    ['an answer of 404', () => [new URL('/missing.txt', origin)]],
    ['an address without a name', () => [new URL('/', origin)]],
    ['an answer that breaks off', () => [new URL('/cut', origin)]],
    ['a server that is not there', () => [new URL('http://127.0.0.1:1/x')]],
    ['an address of another kind', () => [new URL('ftp://example.com/x'), 'x']],
  ])('%s is not a source', async (_, source) => {
    const [from, to] = source();
    await expect(make().add(from as string, to)).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
  });

  it('cannot read paths in a page', async () => {
    const fs = new JobFS({ fetch });
    await expect(fs.add('/etc/hosts')).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
    await expect(fs.add(new URL('file:///etc/hosts'))).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
  });
});

describe('links of this machine', () => {
  it('are followed inside the added directory', async () => {
    const root = join(dir, 'linked');
    await mkdir(join(root, 'real'), { recursive: true });
    await writeFile(join(root, 'real/a'), 'a');
    await symlink('real/a', join(root, 'to-file'));
    await symlink('real', join(root, 'to-directory'));
    await symlink(root, join(dir, 'to-root'));
    const fs = make();
    await fs.add(join(dir, 'to-root'), '/x');
    expect(fs.cat('/x/to-file')).toBe('a');
    expect(fs.cat('/x/to-directory/a')).toBe('a');
    expect(fs.ls('/x')).toEqual(['real', 'to-directory', 'to-file']);
  });

  it('rejects a name that is not UTF-8 and reports it', async () => {
    const root = join(dir, 'latin1');
    await mkdir(root);
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'x');
    await expect(make().add(root)).rejects.toMatchObject({
      code: 'JOBFS_SOURCE',
      message: expect.stringContaining('not UTF-8') as string,
    });
  });

  it.each([
    ['out of it', '../plain.txt'],
    ['to a neighbour whose name only starts alike', '../out-next/secret'],
    ['to a place of the machine', '/etc/hosts'],
    ['to nothing', 'nothing'],
    ['to the directory that it is in', '.'],
    ['to what is added itself', '../out'],
  ])('that lead %s are rejected', async (_, target) => {
    const root = join(dir, 'out');
    await rm(root, { recursive: true, force: true });
    await mkdir(join(dir, 'out-next'), { recursive: true });
    await writeFile(join(dir, 'out-next/secret'), 'secret');
    await mkdir(root);
    await symlink(target, join(root, 'link'));
    const fs = make();
    await expect(fs.add(root)).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
    expect(fs.ls()).toEqual([]);
  });

  it('cannot lead to devices', async () => {
    await expect(make().add('/dev/zero', 'zero')).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
  });
});

describe('an add that is not awaited', () => {
  it('is in the bundle, and later files replace earlier ones', async () => {
    const fs = make();
    void fs.add(join(dir, 'tree'), 'x');
    void fs.add(new URL('/slow', origin), 'x/a.txt');
    void fs.add(text('last'), 'x/inner/b.txt');
    expect(fs.isEmpty).toBe(false);
    expect(await unpacked(fs)).toMatchObject({
      '/home/pyodide/x/a.txt': 'content of /slow',
      '/home/pyodide/x/inner/b.txt': 'last',
      '/home/pyodide/x/inner/deep/~': 'tilde',
    });
  });

  it('uses the working directory at the time of the call', async () => {
    const fs = make().mkdir('/elsewhere');
    void fs.add(join(dir, 'plain.txt'));
    fs.chdir('/elsewhere');
    expect(await unpacked(fs)).toMatchObject({ '/home/pyodide/plain.txt': 'plain' });
  });

  it('reports its error in pack, and the rest is kept', async () => {
    const fs = make();
    void fs.add(join(dir, 'nothing'));
    void fs.add(undefined as never);
    void fs.add(text('x'), 'x');
    await expect(fs.pack()).rejects.toMatchObject({ code: 'JOBFS_SOURCE' });
    expect(fs.cat('x')).toBe('x');
  });

  it('reports its error once: not in pack if it was caught', async () => {
    const fs = make();
    await fs.add(join(dir, 'nothing')).catch(() => undefined);
    await expect(fs.add(join(dir, 'nothing'))).rejects.toThrow();
    const [settled] = await Promise.allSettled([fs.add(join(dir, 'nothing'))]);
    expect(settled.status).toBe('rejected');
    await expect(fs.pack()).resolves.toMatchObject({ cwd: '/home/pyodide' });
  });
});

describe('limits', () => {
  it('on all bytes count existing files without replaced ones', () => {
    const tree = new Tree();
    const quarter = new Uint8Array(FILES_BYTES_MAX / 4);
    for (const path of ['/1', '/2', '/3', '/4', '/4', '/1']) tree.putFile(path, quarter);
    expect(tree.bytesLeft).toBe(0);
    expect(() => tree.putFile('/5', text('x'))).toThrow(expect.objectContaining({ code: 'JOBFS_TOO_LARGE' }));
    tree.putFile('/4', text('x'));
    tree.putFile('/5', text('x'));
    expect(tree.bytesLeft).toBe(FILES_BYTES_MAX / 4 - 2);
  });

  it.each<[string, () => JobFsSource]>([
    ['a file', () => join(dir, 'plain.txt')],
    ['a directory', () => join(dir, 'tree')],
    ['an answer', () => new URL('/x', origin)],
    ['a Blob', () => new Blob(['plain'])],
  ])('on bytes stop reading %s', async (_, source) => {
    const reading = readSource(source(), { readPath: readPathNode, fetch }, { bytes: 4, entries: 100 });
    await expect(reading).rejects.toMatchObject({ code: 'JOBFS_TOO_LARGE' });
  });

  it('on entries stop reading a directory', async () => {
    const reading = readSource(
      join(dir, 'tree'),
      { readPath: readPathNode, fetch },
      { bytes: 1e6, entries: 4 },
    );
    await expect(reading).rejects.toMatchObject({ code: 'JOBFS_TOO_LARGE' });
  });

  it('on all bytes are enforced before a source is read', async () => {
    const fs = make();
    const huge = { size: FILES_BYTES_MAX + 1 };
    const blob = Object.setPrototypeOf(huge, Blob.prototype) as Blob;
    Object.defineProperty(huge, 'size', { value: FILES_BYTES_MAX + 1 });
    await expect(fs.add(blob, 'x')).rejects.toMatchObject({ code: 'JOBFS_TOO_LARGE' });
  });

  it('on entries include directories', async () => {
    const fs = make();
    const deep = Array.from({ length: 400 }, (_, i) => String(i % 10)).join('/');
    for (let i = 0; i < 24; i++) fs.mkdir(`/${String.fromCharCode(97 + i)}/${deep}`);
    expect(() => fs.mkdir(`/z/${deep}`)).toThrow(expect.objectContaining({ code: 'JOBFS_TOO_LARGE' }));
    await expect(fs.add(text('x'), 'x')).rejects.toMatchObject({ code: 'JOBFS_TOO_LARGE' });
  });
});
