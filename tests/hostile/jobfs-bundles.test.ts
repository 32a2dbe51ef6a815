/**
 * Bundles that strangers made: whatever is in them, unpacking gives files below the root or a coded error, in
 * bounded memory and time.
 * @module
 */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackBundle } from '../../src/jobfs/bundle.js';
import { JobFS } from '../../src/jobfs/job-fs.js';
import { FILES_BYTES_MAX } from '../../src/jobfs/limits.js';
import { isError } from '../../src/lib/errors.js';

const BLOCK = 512;

interface Member {
  name?: string | Uint8Array;
  type?: string;
  content?: string | Uint8Array;
  /** Raw bytes of the size field. */
  size?: string | Uint8Array;
  prefix?: string;
  magic?: string;
  linkname?: string;
  checksum?: string;
}

function member({
  name = 'a',
  type = '0',
  content = '',
  size,
  prefix,
  magic,
  linkname,
  checksum,
}: Member): Buffer {
  const header = Buffer.alloc(BLOCK);
  const body = Buffer.from(content as string);
  const put = (at: number, value: string | Uint8Array): void =>
    void Buffer.from(value as string).copy(header, at);
  put(0, name);
  put(100, '0000644\0');
  put(124, size ?? `${body.length.toString(8).padStart(11, '0')}\0`);
  put(148, '        ');
  put(156, type);
  put(157, linkname ?? '');
  put(257, magic ?? 'ustar\x0000');
  put(345, prefix ?? '');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

const pack = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])));
const pax = (text: string, type = 'x'): Buffer => member({ type, content: text });
const record = (key: string, value: string): string => {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = [1, 2, 3, 4]
    .map((digits) => rest + digits)
    .find((total) => String(total).length === total - rest)!;
  return `${length} ${key}=${value}\n`;
};

describe('refuses a bundle', () => {
  it.each<[string, Uint8Array[]]>([
    ['with a path above the root', [member({ name: '../a' })]],
    ['with a path that leaves the root from a subdirectory', [member({ name: 'home/../../a' })]],
    ['with a prefix above the root', [member({ name: 'a', prefix: '..' })]],
    ['with a long name above the root', [pax(record('path', '/home/../../etc/passwd')), member({})]],
    ['with a GNU long name above the root', [member({ type: 'L', content: '../x\0' }), member({})]],
    ['with a hard link', [member({ type: '1', linkname: '/etc/passwd' })]],
    ['with a symbolic link', [member({ type: '2', linkname: '/etc' })]],
    ['with a long link', [member({ type: 'K', content: '/etc\0' })]],
    ['with a device', [member({ type: '3' })]],
    ['with a block device', [member({ type: '4' })]],
    ['with a FIFO', [member({ type: '6' })]],
    ['with a sparse file', [member({ type: 'S' })]],
    ['with a sparse file of pax', [pax(record('GNU.sparse.major', '1')), member({})]],
    ['with a member of an unknown kind', [member({ type: '\u0001' })]],
    ['with a member of no name', [member({ name: '' })]],
    ['with a file as its root', [member({ name: '/', content: 'x' })]],
    ['with a name that is not UTF-8', [member({ name: new Uint8Array([0xff, 0xfe]) })]],
    ['with a NUL in a long name', [pax(record('path', 'a\0b')), member({})]],
    ['with an empty long name', [pax(record('path', '')), member({})]],
    ['with a wrong checksum', [member({ checksum: '000001\0 ' })]],
    ['with a checksum that is no number', [member({ checksum: 'zzzzzz\0 ' })]],
    ['with a size that is no number', [member({ size: '99999999999\0' })]],
    ['with a negative size', [member({ size: '-0000000001\0' })]],
    ['with a size beyond all integers', [member({ size: new Uint8Array(12).fill(0xff) })]],
    ['with a size of pax that is no number', [pax(record('size', '-1')), member({})]],
    ['with records of the wrong length', [pax('99 path=a\n'), member({})]],
    ['with records of no length', [pax('path=a\n'), member({})]],
    ['with records of length 0', [pax('0 path=a\n'), member({})]],
    ['with a record without a key', [pax('5 ab\n'), member({})]],
    ['with a record without an end', [pax('9 path=ab'), member({})]],
    ['with a global name for all members', [pax(record('path', 'a'), 'g'), member({})]],
    ['with a directory that has content', [member({ name: 'd/', type: '5', content: 'x' })]],
    ['with a file under a file', [member({ name: 'a' }), member({ name: 'a/b' })]],
    ['with a directory over a file', [member({ name: 'a' }), member({ name: 'a/', type: '5' })]],
    ['with a file over a directory', [member({ name: 'a/b' }), member({ name: 'a' })]],
    ['that ends after an extended header', [pax(record('path', 'a'))]],
    ['that is not an archive', [Buffer.alloc(BLOCK, 0x41)]],
  ])('%s', (_, parts) => {
    expect(() => unpackBundle(pack(...parts))).toThrow(expect.objectContaining({ code: 'JOBFS_MALFORMED' }));
  });

  it.each<[string, () => Uint8Array]>([
    ['with a path past the limit', () => pack(pax(record('path', 'x'.repeat(1_100))), member({}))],
    ['with a size past the limit', () => pack(member({ size: `${(FILES_BYTES_MAX + 1).toString(8)}\0` }))],
    ['with a size of pax past the limit', () => pack(pax(record('size', String(2 ** 40))), member({}))],
    [
      'with a size in base 256 past the limit',
      () => pack(member({ size: new Uint8Array([0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]) })),
    ],
    [
      'with too many files',
      () => pack(...Array.from({ length: 10_001 }, (_, i) => member({ name: `f${i}` }))),
    ],
    [
      'with few files in too many directories',
      () =>
        pack(
          ...Array.from({ length: 25 }, (_, i) =>
            Buffer.concat([pax(record('path', `${i}${'/d'.repeat(500)}`)), member({})]),
          ),
        ),
    ],
    ['that is itself past the limit', () => new Uint8Array(64 * 2 ** 20 + 1)],
  ])('%s', (_, make) => {
    expect(() => unpackBundle(make())).toThrow(expect.objectContaining({ code: 'JOBFS_TOO_LARGE' }));
  });

  it('with an extended header that inflates to an excessive size', () => {
    const bomb = member({ type: 'x', size: '77777777777\0' });
    expect(() => unpackBundle(pack(bomb))).toThrow(expect.objectContaining({ code: 'JOBFS_MALFORMED' }));
  });

  it('with endless data after its end', () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(2 ** 26), { level: 1 }));
    expect(() => unpackBundle(bomb)).toThrow(expect.objectContaining({ code: 'JOBFS_MALFORMED' }));
  });
});

it('a GNU archive is read correctly although it has other fields where POSIX has the prefix of a long name', () => {
  const path = (magic: string): string[] => [
    ...unpackBundle(pack(member({ name: 'a', prefix: 'front', magic }))).keys(),
  ];
  expect(path('ustar\x0000')).toEqual(['/front', '/front/a']);
  expect(path('ustar  \0')).toEqual(['/a']);
  expect(path('')).toEqual(['/a']);
});

describe('gzip compression', () => {
  const good = pack(member({ content: 'hello' }));

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a header alone', good.slice(0, 10)],
    ['another method', Uint8Array.from(good, (byte, i) => (i === 2 ? 7 : byte))],
    ['reserved flags', Uint8Array.from(good, (byte, i) => (i === 3 ? 0xe0 : byte))],
    [
      'a name without an end',
      Uint8Array.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, ...new Array<number>(20).fill(65)]),
    ],
    [
      'an extra field past the end',
      Uint8Array.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
    ['a wrong checksum', Uint8Array.from(good, (byte, i) => (i === good.length - 8 ? byte ^ 1 : byte))],
    ['a wrong length', Uint8Array.from(good, (byte, i) => (i === good.length - 1 ? byte ^ 1 : byte))],
    ['two members', Buffer.concat([good, pack(member({ content: 'other' }))])],
  ])('of %s is refused', (_, bytes) => {
    expect(() => unpackBundle(bytes)).toThrow(expect.objectContaining({ code: 'JOBFS_MALFORMED' }));
  });
});

describe('unpacking of arbitrary data', () => {
  function expectCoded(bytes: Uint8Array): void {
    let entries: Map<string, unknown>;
    try {
      entries = unpackBundle(bytes);
    } catch (error) {
      expect(isError(error, 'JOBFS_MALFORMED') || isError(error, 'JOBFS_TOO_LARGE'), String(error)).toBe(
        true,
      );
      return;
    }
    for (const path of entries.keys()) {
      expect(path).toMatch(/^\/[^\0]+$/s);
      expect(
        path
          .split('/')
          .slice(1)
          .some((part) => part === '' || part === '.' || part === '..'),
      ).toBe(false);
    }
  }

  it('refuses random bytes with a coded error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectCoded), { numRuns: 500 });
  });

  it('refuses random bytes with a gzip header with a coded error', () => {
    const bytes = fc
      .uint8Array({ maxLength: 300 })
      .map((rest) => Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, ...rest]));
    fc.assert(fc.property(bytes, expectCoded), { numRuns: 500 });
  });

  it('refuses random blocks in valid gzip with a coded error', () => {
    const blocks = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => pack(bytes));
    fc.assert(fc.property(blocks, expectCoded), { numRuns: 300 });
  });

  it('refuses headers with invalid fields and valid checksums with a coded error', () => {
    const field = fc.oneof(fc.string({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }));
    const parts = fc.record(
      {
        name: fc.oneof(field, fc.constantFrom('a', '/a', 'a/', './', '../', 'a/b', '/')),
        type: fc.oneof(
          fc.constantFrom('0', '5', '7', 'x', 'g', 'L', '\0', '1', '2'),
          fc.string({ maxLength: 1 }),
        ),
        size: field,
        prefix: fc.string({ maxLength: 20 }),
        magic: fc.constantFrom('ustar\x0000', 'ustar  \0', ''),
        content: fc.oneof(
          fc.string({ maxLength: 40 }),
          fc.constantFrom(record('path', 'q/r'), record('size', '3')),
        ),
      },
      { requiredKeys: [] },
    );
    const archives = fc.array(parts, { maxLength: 4 }).map((members) => pack(...members.map(member)));
    fc.assert(fc.property(archives, expectCoded), { numRuns: 1_000 });
  });

  it('refuses a truncated or modified bundle with a coded error, or unpacks it', async () => {
    const fs = new JobFS({ fetch });
    await fs.add(new Uint8Array(3_000).fill(7), 'sub/data.bin');
    await fs.add(new TextEncoder().encode('text'), `${'é'.repeat(80)}.txt`);
    const { bytes } = await fs.pack();
    for (let end = 0; end < bytes.length; end++) expectCoded(bytes.subarray(0, end));
    const { gunzipSync } = await import('node:zlib');
    const archive = gunzipSync(bytes);
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const changed = (whole: Uint8Array, places: [number, number][]): Uint8Array => {
      const copy = Uint8Array.from(whole);
      for (const [at, value] of places) copy[at % copy.length] = value;
      return copy;
    };
    fc.assert(
      fc.property(changes, (places) => expectCoded(changed(bytes, places))),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(changes, (places) => expectCoded(new Uint8Array(gzipSync(changed(archive, places))))),
      { numRuns: 1_000 },
    );
  });
});
