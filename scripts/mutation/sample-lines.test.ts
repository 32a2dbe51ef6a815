import { expect, it } from 'vitest';
import { sampleLines } from './sample-lines.mjs';

const TEXT = [
  "import { a } from './a.js';",
  '',
  '// A comment.',
  ...Array.from({ length: 50 }, (_, i) => `b(${i});`),
].join('\n');

it('sampleLines chooses the same lines for the same seed and file, and others for another seed', () => {
  const chosen = sampleLines('a.ts', TEXT, { lines: 10, seed: 1 });
  expect(chosen).toHaveLength(10);
  expect(chosen).toEqual([...chosen].sort((a, b) => a - b));
  expect(sampleLines('a.ts', TEXT, { lines: 10, seed: 1 })).toEqual(chosen);
  expect(sampleLines('a.ts', TEXT, { lines: 10, seed: 2 })).not.toEqual(chosen);
  expect(sampleLines('b.ts', TEXT, { lines: 10, seed: 1 })).not.toEqual(chosen);
});

it('sampleLines leaves out lines without code, and chooses all others if there are fewer than wanted', () => {
  const all = sampleLines('a.ts', TEXT, { lines: Infinity, seed: 1 });
  expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i + 4));
});
