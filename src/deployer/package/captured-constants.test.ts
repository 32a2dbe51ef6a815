import { expect, it } from 'vitest';
import { CAPTURED_BYTES_MAX } from '../../protocol/limits.js';
import { decodeValue } from '../../protocol/values/values.js';
import { packCaptured } from './captured-constants.js';

const JAVASCRIPT = { worktime: 'map-basic', isCustom: false };
const cycle: Record<string, unknown> = {};
cycle['self'] = [cycle];

it('plain data are captured, in the order of their names', () => {
  const constants = { b: [1, -0, null, 'x', [true]], a: { deep: { n: 1n } }, $: undefined };
  expect(decodeValue(packCaptured(constants, JAVASCRIPT).captured)).toEqual(constants);
  const other = { $: undefined, a: constants.a, b: constants.b };
  expect(packCaptured(other, JAVASCRIPT)).toEqual(packCaptured(constants, JAVASCRIPT));
});

it.each([
  [{ f: () => 1 }, 'job.capture.f', 'a function'],
  [{ a: { list: [1, new Date(0)] } }, 'job.capture.a.list[1]', 'an instance of Date'],
  [{ bytes: new Uint8Array(2) }, 'job.capture.bytes', 'an instance of Uint8Array'],
  [{ x: { 'a b': Symbol('s') } }, 'job.capture.x["a b"]', 'a symbol'],
  [
    {
      x: {
        get y() {
          return 1;
        },
      },
    },
    'job.capture.x.y',
    'a getter',
  ],
  [{ cycle }, 'job.capture.cycle.self[0]', 'part of itself'],
  [{ 'no-name': 1 }, 'job.capture.no-name', 'name of a variable'],
  [{ class: 1 }, 'job.capture.class', 'name of a variable'],
])('%j is refused with its path', (constants, argument, message) => {
  expect(() => packCaptured(constants, JAVASCRIPT)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      info: { argument },
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('too many bytes and other worktimes are refused', () => {
  const large = { text: 'x'.repeat(CAPTURED_BYTES_MAX) };
  expect(() => packCaptured(large, JAVASCRIPT)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_LARGE' }));
  for (const target of [
    { worktime: 'pyodide', isCustom: false },
    { worktime: 'map-basic', isCustom: true },
  ])
    expect(() => packCaptured({ k: 1 }, target)).toThrow(/pass the values as arguments/);
});
