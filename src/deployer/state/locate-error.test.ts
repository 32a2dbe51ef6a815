import { expect, it } from 'vitest';
import { locateError } from './locate-error.js';

const find = (line: number, column: number): string | undefined =>
  line === 1 ? `src/work.ts:${column}:1` : undefined;

function errorWith(stack: string, options?: ErrorOptions): Error {
  return Object.assign(new Error('no', options), { stack });
}

it('the stacks of an error and its causes have the positions of the files, where these are known', () => {
  const cause = errorWith('Error: b\n    at g (work-function.js:1:5)');
  const part = errorWith('Error: c\n    at h (work-function.js:1:6)');
  const error = errorWith('Error: a\n    at f (work-function.js:1:23)\n    at work-function.js:9:9', {
    cause,
  });
  Object.assign(error, { errors: [part] });
  locateError(error, find);
  expect(error.stack).toBe('Error: a\n    at f (src/work.ts:23:1)\n    at work-function.js:9:9');
  expect([cause.stack, part.stack]).toEqual([
    'Error: b\n    at g (src/work.ts:5:1)',
    'Error: c\n    at h (src/work.ts:6:1)',
  ]);
});

it('a cause that is no error, or itself, ends the chain', () => {
  const error = errorWith('Error: a\n    at f (work-function.js:1:2)');
  Object.assign(error, { cause: error });
  locateError(error, find);
  locateError('text', find);
  expect(error.stack).toBe('Error: a\n    at f (src/work.ts:2:1)');
});
