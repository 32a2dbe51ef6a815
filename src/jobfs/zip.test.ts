/**
 * Reading zip archives: what is in them, and what archives of strangers cannot do.
 * @module
 */
import { strToU8, zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../lib/errors.js';
import { openZip } from './zip.js';

const MAX = 1_000_000;
const packed = zipSync({
  'a.txt': strToU8('a'.repeat(1_000)),
  'b/c.bin': [new Uint8Array([1, 2, 3]), { level: 0 }],
  'b/empty': new Uint8Array(0),
});

describe('openZip', () => {
  it('lists files with their sizes, and reads them each time anew', () => {
    const files = openZip(packed, 'it', MAX);
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['a.txt', 1_000],
      ['b/c.bin', 3],
      ['b/empty', 0],
    ]);
    const [text, stored, empty] = files.map((file) => file.read());
    expect(new TextDecoder().decode(text)).toBe('a'.repeat(1_000));
    expect([...stored!]).toEqual([1, 2, 3]);
    expect(empty).toHaveLength(0);
    stored![0] = 9;
    expect(files[1]!.read()[0]).toBe(1);
  });

  it('leaves directories out, and finds the end behind a comment', () => {
    const withFolder = zipSync({ 'folder/': new Uint8Array(0), 'folder/x': strToU8('x') });
    const commented = new Uint8Array(withFolder.length + 2);
    commented.set(withFolder);
    commented[withFolder.length - 2] = 2;
    expect(openZip(commented, 'it', MAX).map(({ path }) => path)).toEqual(['folder/x']);
  });

  it.each(['../x', '/x', 'a/../x', 'a//x', 'a\\x', './x'])('refuses the path %s', (path) => {
    const archive = zipSync({ [path]: strToU8('x') });
    expect(() => openZip(archive, 'The wheel w', MAX)).toThrow(/The wheel w cannot be read: .* outside/);
  });

  it('refuses more bytes than are allowed, by what it announces and by what comes', () => {
    expect(() => openZip(packed, 'it', 1_002)).toThrow(/more than 1002 bytes/);
    const lying = packed.slice();
    const central = lying.findIndex((_, i) => [0x50, 0x4b, 1, 2].every((byte, k) => lying[i + k] === byte));
    new DataView(lying.buffer).setUint32(central + 24, 10, true);
    const [file] = openZip(lying, 'it', MAX);
    expect(() => file!.read()).toThrow(/a\.txt/);
  });

  it('refuses whatever is damaged with a coded error, or reads it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(packed.length),
        (changes, length) => {
          const bytes = packed.slice(0, length);
          for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
          try {
            for (const file of openZip(bytes, 'it', MAX)) expect(file.read()).toHaveLength(file.size);
          } catch (error) {
            if (!isError(error, 'JOBFS_MALFORMED') && !isError(error, 'JOBFS_TOO_LARGE')) throw error;
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
