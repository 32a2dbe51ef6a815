import { expect, it } from 'vitest';
import { CUSTOM_WORKTIME_BYTES_MAX } from '../../protocol/limits.js';
import { packCustomWorktime, type CustomWorktime } from './custom-worktime.js';

const TEXT = "export const name = 'lisp';";
const bytes = new TextEncoder().encode(TEXT);
const read = (): Promise<Uint8Array> => Promise.resolve(bytes);
const pack = (custom: unknown, worktime = 'map-basic') =>
  packCustomWorktime(custom as CustomWorktime, worktime, read);

it('a custom worktime is the same module as text, as bytes and by URL', async () => {
  expect(await pack(undefined)).toBe(undefined);
  for (const source of [TEXT, bytes, bytes.slice().buffer, new URL('https://example.org/lisp.js')]) {
    expect(await pack({ name: 'lisp', version: '1.0.0', source })).toEqual({
      name: 'lisp',
      version: '1.0.0',
      source: bytes,
    });
  }
});

it.each([
  ['no object', 'lisp', 'map-basic', 'name, version, source'],
  ['without a name', { name: '', version: '1', source: TEXT }, 'map-basic', 'name must be'],
  ['without a version', { name: 'lisp', source: TEXT }, 'map-basic', 'version must be'],
  ['named as one that there is', { name: 'pyodide', version: '1', source: TEXT }, 'map-basic', 'choose another'],
  ['beside another', { name: 'lisp', version: '1', source: TEXT }, 'pyodide', 'one worktime'],
  ['of nothing', { name: 'lisp', version: '1', source: '' }, 'map-basic', 'has 0'],
  ['no source', { name: 'lisp', version: '1', source: 5 }, 'map-basic', 'URL of an ES module'],
  ['too large', { name: 'lisp', version: '1', source: new Uint8Array(CUSTOM_WORKTIME_BYTES_MAX + 1) }, 'map-basic', `${CUSTOM_WORKTIME_BYTES_MAX + 1}`],
  ['no text', { name: 'lisp', version: '1', source: new Uint8Array([255]) }, 'map-basic', 'UTF-8'],
  ['no module', { name: 'lisp', version: '1', source: '() => 1' }, 'map-basic', 'exports nothing'],
])('a custom worktime is rejected: %s', async (_, custom, worktime, text) => {
  await expect(pack(custom, worktime)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(text) as string,
  });
}); // prettier-ignore
