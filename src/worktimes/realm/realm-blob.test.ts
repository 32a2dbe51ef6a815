/**
 * Blobs in the realm's memory, compared with the platform's for the same parts and calls.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { replaceBlobs } from './realm-blob.js';

const scope = {} as { Blob: typeof Blob; File: typeof File };
replaceBlobs(scope);
const { Blob: OwnBlob, File: OwnFile } = scope;

/** The observable state of a blob. */
async function describeBlob(blob: Blob): Promise<unknown[]> {
  return [blob.size, blob.type, await blob.text(), [...new Uint8Array(await blob.arrayBuffer())]];
}

const PARTS: [string, unknown[]][] = [
  ['nothing', []],
  ['no parts', [[]]],
  ['texts and what becomes one', [['a', 7, null, { toString: () => 'é' }, '\ud800']]],
  ['views and buffers', [[Uint8Array.of(1, 2, 3).subarray(1), new DataView(new ArrayBuffer(4), 1, 2), new ArrayBuffer(2)]]],
  ['an iterable', [new Set(['a', 'b'])]],
  ['a type', [['x'], { type: 'Text/PLAIN' }]],
  ['a type of odd letters', [['x'], { type: 'a\u00e9' }]],
]; // prettier-ignore

describe('a Blob of the realm', () => {
  it.each(PARTS)('equals the platform’s: %s', async (_name, args) => {
    const [own, native] = [OwnBlob, Blob].map(
      (One) => new (One as new (...given: unknown[]) => Blob)(...args),
    );
    expect(await describeBlob(own!)).toEqual(await describeBlob(native!));
  });

  it('accepts blobs as parts, and slices as the platform does', async () => {
    const ranges = [[], [1], [-2], [1, 3], [1, -1], [3, 1], [0, 99, 'A/b']] as Parameters<Blob['slice']>[];
    const [own, native] = [OwnBlob, Blob].map((One) => new One([new One(['ab']), new One(['cde']).slice(1)]));
    for (const range of ranges)
      expect(await describeBlob(own!.slice(...range))).toEqual(await describeBlob(native!.slice(...range)));
    // The native blob of Node 20 aborts the process for this call.
    expect(await own!.slice(NaN, 2.7).text()).toBe('ab');
    expect(await describeBlob(own!.slice(1).slice(1, 2))).toEqual(
      await describeBlob(native!.slice(1).slice(1, 2)),
    );
  });

  it('copies its parts, and returns copies', async () => {
    const from = Uint8Array.of(1, 2);
    const blob = new OwnBlob([from]);
    from[0] = 9;
    new Uint8Array(await blob.arrayBuffer())[1] = 9;
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2]);
    const chunks: unknown[] = [];
    for await (const chunk of blob.stream()) chunks.push(chunk);
    expect(chunks).toEqual([Uint8Array.of(1, 2)]);
  });

  it('throws a TypeError for parts that are not iterable, and for a file without a name', () => {
    for (const parts of [7, 'text', null, {}]) expect(() => new OwnBlob(parts as never)).toThrow(TypeError);
    expect(() => new (OwnFile as unknown as new (parts: unknown[]) => File)([])).toThrow(TypeError);
  });

  it('has a subclass File with a name and a time', async () => {
    const file = new OwnFile(['ab'], 'a.txt', { type: 'x/y', lastModified: 5 });
    expect([file.name, file.lastModified, await file.text(), file instanceof OwnBlob]).toEqual([
      'a.txt',
      5,
      'ab',
      true,
    ]);
    expect([String(file), OwnBlob.name, OwnFile.length]).toEqual(['[object File]', 'Blob', 2]);
  });
});
