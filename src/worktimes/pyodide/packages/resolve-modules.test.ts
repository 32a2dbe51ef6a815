/**
 * Packages are resolved with all that they require, from folders and indexes, or are refused by name.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import { sampleWheel, type SampleWheel } from '../../../testing/sample-wheel.js';
import type { Download, ModulesRequest, PackageFolder } from '../../packing/module-resolver.js';
import { resolveModules } from './resolve-modules.js';

const WORKTIME = { name: 'pyodide', version: '314.0.7' };
const BINARY = 'cp314-cp314-pyemscripten_2026_0_wasm32';

type Files = Record<string, Uint8Array>;

const wheels = (...list: SampleWheel[]): Files =>
  Object.fromEntries(list.map((one) => sampleWheel(one)).map(({ fileName, bytes }) => [fileName, bytes]));

const folderOf = (files: Files, label = 'a folder'): PackageFolder => ({
  label,
  list: () => Promise.resolve(Object.keys(files)),
  read: (name) => Promise.resolve(files[name]!),
});

interface Locked {
  version: string;
  file: string;
  bytes?: Uint8Array;
  depends?: string[];
}

function lockOf(packages: Record<string, Locked>): Uint8Array {
  const info = { python: '3.14.2', abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten_5_0_3' };
  const entries = Object.entries(packages).map(([name, { version, file, bytes, depends = [] }]) => {
    const sha256 = sha256Hex(bytes ?? new Uint8Array([1]));
    return [name.toLowerCase(), { name, version, file_name: file, sha256, depends, imports: [name] }];
  });
  return new TextEncoder().encode(JSON.stringify({ info, packages: Object.fromEntries(entries) }));
}

interface Given {
  modules?: string[];
  lists?: string[];
  source?: string;
  folders?: Files[];
  /** The files of an index. */
  index?: Files;
  lock?: Record<string, Locked>;
  download?: Download;
}

function indexOf(files: Files): Download {
  return (url) => {
    const { pathname } = new URL(url);
    const answer = { url, contentType: 'application/json', status: 200 };
    const file = files[decodeURIComponent(pathname.slice('/files/'.length))];
    if (pathname.startsWith('/files/')) return Promise.resolve({ ...answer, bytes: file! });
    const name = pathname.split('/')[2]!;
    const listed = Object.keys(files).filter((one) =>
      one.toLowerCase().replaceAll('_', '-').startsWith(`${name}-`),
    );
    if (listed.length === 0) return Promise.resolve({ ...answer, status: 404, bytes: new Uint8Array(0) });
    const entries = listed.map((one) => ({
      filename: one,
      url: `../../files/${encodeURIComponent(one)}`,
      hashes: { sha256: sha256Hex(files[one]!) },
    }));
    return Promise.resolve({
      ...answer,
      bytes: new TextEncoder().encode(JSON.stringify({ files: entries })),
    });
  };
}

async function resolve({
  modules = [],
  lists = [],
  source,
  folders = [],
  index,
  lock = {},
  download,
}: Given) {
  const request: ModulesRequest = {
    requirements: modules,
    lists: lists.map((text) => ({ name: 'requirements.txt', text })),
    source,
    worktime: () => Promise.resolve(WORKTIME),
    worktimeFile: () => Promise.resolve(lockOf(lock)),
    sources: {
      folders: folders.map((files) => folderOf(files)),
      indexes: index === undefined && download === undefined ? [] : ['https://index.example/simple/'],
      download: download ?? indexOf(index ?? {}),
    },
  };
  return resolveModules(request);
}

const names = async (given: Given): Promise<string[] | undefined> =>
  (await resolve(given))?.files.map(({ name }) => name);

const refusal = async (given: Given): Promise<{ code: string; message: string; info: unknown }> => {
  try {
    await resolve(given);
  } catch (error) {
    return error as { code: string; message: string; info: unknown };
  }
  throw new Error('it was resolved');
};

describe('packages', () => {
  it('are resolved with all that they require where they run, from lists, texts and the source', async () => {
    const folder = wheels(
      {
        name: 'top',
        requires: ['Middle.Part>=1', 'colorama; sys_platform == "win32"', 'never; extra == "more"'],
      },
      { name: 'middle-part', version: '1.5', requires: ['leaf ~=2.0'] },
      { name: 'leaf', version: '2.3' },
      { name: 'other' },
      { name: 'scripted' },
      { name: 'unused' },
    );
    const source = '# /// script\n# dependencies = ["scripted"]\n# ///\ndef work(x): pass\n';
    expect(await names({ modules: ['Top'], lists: ['other # too\n'], source, folders: [folder] })).toEqual([
      'leaf-2.3-py3-none-any.whl',
      'middle_part-1.5-py3-none-any.whl',
      'other-1.0-py3-none-any.whl',
      'scripted-1.0-py3-none-any.whl',
      'top-1.0-py3-none-any.whl',
    ]);
    expect(await resolve({ source: 'def work(x): pass' })).toBeUndefined();
  });

  it('name the modules that those which were required directly are imported by', async () => {
    const folder = wheels(
      { name: 'top', requires: ['leaf'] },
      { name: 'leaf' },
      {
        name: 'py-odd',
        files: { 'odd/__init__.py': '', 'odd_extra.py': '', '_private.py': '', 'data/x.txt': '' },
      },
    );
    const found = await resolve({ modules: ['top', 'py-odd'], folders: [folder] });
    expect(found!.imports.toSorted()).toEqual(['odd', 'odd_extra', 'top']);
    expect(found!.worktime).toBeUndefined();
  });

  it('include those of an extra, and of an extra that is asked for later', async () => {
    const folder = wheels(
      { name: 'top', requires: ['a; extra == "more"', 'b; extra == "most"'] },
      { name: 'user', requires: ['top[most]'] },
      { name: 'a' },
      { name: 'b' },
    );
    const withMore = await names({ modules: ['top[more]', 'user'], folders: [folder] });
    expect(withMore).toEqual(['a', 'b', 'top', 'user'].map((name) => `${name}-1.0-py3-none-any.whl`));
  });

  it('are the newest that fit, no pre-releases unless one is named', async () => {
    const index = wheels(
      ...['1.9', '1.10', '2.0rc1', '2.0.dev1'].map((version) => ({ name: 'a', version })),
      { name: 'a', version: '3.0', tags: 'cp313-cp313-win_amd64' },
      { name: 'a', version: '2.5', tags: 'py2-none-any' },
    );
    const one = async (requirement: string) =>
      (await names({ modules: [requirement], index }))![0]!.split('-')[1];
    expect(await one('a')).toBe('1.10');
    expect(await one('a<1.10')).toBe('1.9');
    expect(await one('a>=2.0rc1')).toBe('2.0rc1');
    expect(await one('a==2.0.dev1')).toBe('2.0.dev1');
  });

  it('are chosen anew where a later requirement excludes the first choice', async () => {
    const index = wheels(
      { name: 'a', version: '2.0' },
      { name: 'a', version: '1.0' },
      { name: 'b', requires: ['a<2'] },
    );
    expect(await names({ modules: ['a', 'b'], index })).toEqual([
      'a-1.0-py3-none-any.whl',
      'b-1.0-py3-none-any.whl',
    ]);
  });

  it('that say they need another Python are passed over', async () => {
    const folder = wheels(
      { name: 'a', version: '2.0', requiresPython: '>=3.15' },
      { name: 'a', version: '1.0', requiresPython: '>=3.8' },
    );
    expect(await names({ modules: ['a'], folders: [folder] })).toEqual(['a-1.0-py3-none-any.whl']);
  });

  it('of a folder are preferred to those of the index', async () => {
    const given = {
      modules: ['a'],
      folders: [wheels({ name: 'a' })],
      index: wheels({ name: 'a', version: '2.0' }),
    };
    expect(await names(given)).toEqual(['a-1.0-py3-none-any.whl']);
  });
});

describe('packages of the release', () => {
  const numpy = sampleWheel({ name: 'numpy', version: '2.4.6', tags: BINARY, requires: ['nothing-of-this'] });
  const library = new Uint8Array([1, 2, 3]);
  const lock: Record<string, Locked> = {
    numpy: { version: '2.4.6', file: numpy.fileName, bytes: numpy.bytes, depends: ['libmath'] },
    libmath: { version: '1.1', file: 'libmath-1.1.zip', bytes: library },
  };
  const files = { [numpy.fileName]: numpy.bytes, 'libmath-1.1.zip': library };

  it('are those whose digests it has, with what it says they need, and pin the version of the worktime', async () => {
    const newer = wheels({ name: 'numpy', version: '3.0' });
    const found = await resolve({ modules: ['numpy'], folders: [{ ...files, ...newer }], lock });
    expect(found!.files.map(({ name }) => name)).toEqual(['libmath-1.1.zip', numpy.fileName]);
    expect(found!.worktime).toEqual(WORKTIME);
    expect(found!.imports).toEqual(['numpy']);
  });

  it('are refused where the file has another digest', async () => {
    const changed = { ...files, [numpy.fileName]: numpy.bytes.slice(1) };
    const error = await refusal({ modules: ['numpy'], folders: [changed], lock });
    expect(error).toMatchObject({ code: 'MODULES_UNRESOLVED', info: { name: numpy.fileName } });
    expect(error.message).toMatch(/not the file that its digest names/);
  });

  it('are refused by name with what would do, where nobody has the file', async () => {
    const error = await refusal({
      modules: ['numpy'],
      lock,
      index: wheels({ name: 'numpy', tags: 'cp314-cp314-win_amd64' }),
    });
    expect(error).toMatchObject({ code: 'MODULES_UNRESOLVED', info: { name: 'numpy' } });
    expect(error.message).toMatch(
      /^The package numpy was built for pyodide 314\.0\.7, and its file numpy-2\.4\.6-\S+ was not found \(searched: https:\/\/index\.example.*win_amd64.*job\.wheels.*--wheels/s,
    );
  });
});

describe('a refusal', () => {
  it('names the package that has no build, and who requires it', async () => {
    const index = wheels(
      { name: 'top', requires: ['leaf'] },
      { name: 'leaf', tags: 'cp314-cp314-macosx_11_0_arm64' },
    );
    const error = await refusal({ modules: ['top'], index });
    expect(error.message).toMatch(
      /^The package leaf has no wheel that runs in pyodide 314\.0\.7: .*; top 1\.0 requires it .*macosx.*Build a wheel/s,
    );
  });

  it('names the versions that there are, and who wants others', async () => {
    const index = wheels({ name: 'a' }, { name: 'b', requires: ['a>=5'] });
    const error = await refusal({ modules: ['a<2', 'b'], index });
    expect(error.message).toMatch(
      /^No version of a .*job\.modules requires <2; b 1\.0 requires >=5\. There are 1\.0\./,
    );
  });

  it('says that no place was given to search', async () => {
    expect((await refusal({ modules: ['a'] })).message).toMatch(/no place was given to search/);
  });

  it('says why an index cannot be read, without the secrets of its address', async () => {
    const download: Download = () => Promise.reject(new Error('status 503'));
    const error = await refusal({ modules: ['a'], download });
    expect(error).toMatchObject({ code: 'MODULES_UNRESOLVED' });
    expect(error.message).toBe(
      'The package index cannot be read: https://index.example/simple/a/: status 503. Check the address and the network, or put the wheels into a folder and set job.wheels.',
    );
  });

  it('comes from a lock file that is none', async () => {
    const request = { requirements: ['a'], lists: [], worktime: () => Promise.resolve(WORKTIME) };
    const sources = { folders: [], indexes: [], download: indexOf({}) };
    const worktimeFile = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode('{}'));
    await expect(resolveModules({ ...request, worktimeFile, sources })).rejects.toMatchObject({
      code: 'MODULES_UNRESOLVED',
    });
  });
});

describe('an index of links', () => {
  it('is read like one of JSON: digests, Pythons, withdrawn files', async () => {
    const old = sampleWheel({ name: 'a', version: '1.0' });
    const links = [
      `<a href="../../files/${old.fileName}#sha256=${sha256Hex(old.bytes)}" data-requires-python="&gt;=3.8">${old.fileName}</a>`,
      '<a href="../../files/x" data-requires-python="&lt;3">a-2.0-py3-none-any.whl</a>',
      '<a href="../../files/x" data-yanked="bad">a-3.0-py3-none-any.whl</a>',
      '<a href="javascript:alert(1)">a-4.0-py3-none-any.whl</a>',
    ];
    const download: Download = (url) =>
      Promise.resolve({
        status: 200,
        contentType: 'text/html',
        url,
        bytes: url.includes('/files/') ? old.bytes : new TextEncoder().encode(links.join('\n')),
      });
    expect(await names({ modules: ['a'], download })).toEqual([old.fileName]);
  });
});
