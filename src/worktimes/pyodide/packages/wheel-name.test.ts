/**
 * Which wheels fit which release of the interpreter.
 * @module
 */
import { expect, it } from 'vitest';
import { parseWheelName, WheelTags } from './wheel-name.js';

const tags = new WheelTags({
  python: '3.14.2',
  platforms: ['pyemscripten_2026_0_wasm32', 'pyodide_2026_0_wasm32', 'emscripten_5_0_3_wasm32'],
});
const rankOf = (fileName: string): number | undefined => tags.rank(parseWheelName(fileName)!);

it.each([
  ['a-1-py3-none-any.whl', true],
  ['a-1-py2.py3-none-any.whl', true],
  ['a-1-py36-none-any.whl', true],
  ['a-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl', true],
  ['a-1-7-cp314-cp314-pyodide_2026_0_wasm32.whl', true],
  ['a-1-cp310-abi3-pyemscripten_2026_0_wasm32.whl', true],
  ['a-1-py2-none-any.whl', false],
  ['a-1-py315-none-any.whl', false],
  ['a-1-cp313-cp313-pyemscripten_2026_0_wasm32.whl', false],
  ['a-1-cp314-cp314-pyodide_2025_0_wasm32.whl', false],
  ['a-1-cp314-cp314-manylinux_2_28_x86_64.whl', false],
  ['a-1-cp314-cp314t-pyemscripten_2026_0_wasm32.whl', false],
])('%s fits: %s', (fileName, fits) => {
  expect(rankOf(fileName) !== undefined).toBe(fits);
});

it('a wheel that was built for the release is preferred to one of Python alone', () => {
  expect(rankOf('a-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl')).toBeLessThan(
    rankOf('a-1-py3-none-any.whl')!,
  );
});

it('a file name is split into the normalised name and the version', () => {
  expect(parseWheelName('Foo_Bar.baz-1.0+local.1-py3-none-any.whl')).toMatchObject({
    name: 'foo-bar-baz',
    version: '1.0+local.1',
  });
  expect(parseWheelName('a-1.tar.gz')).toBeUndefined();
  expect(parseWheelName('a-1-none-any.whl')).toBeUndefined();
});
