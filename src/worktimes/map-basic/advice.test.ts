import { expect, it } from 'vitest';
import { adviseOnName } from './advice.js';

const thrown = (message: string): Error => {
  const error = new ReferenceError(message);
  error.stack = `ReferenceError: ${message}\n    at work-function.js:1:8`;
  return adviseOnName(error);
};

it('says where a variable from around the work function can come from', () => {
  const error = thrown('factor is not defined');
  expect(error.message).toBe(
    'factor is not defined (a work function travels as its source and sees only its arguments: hand data in through args, and write functions inside it)',
  );
  expect(error.stack).toBe(`ReferenceError: ${error.message}\n    at work-function.js:1:8`);
});

it('says that a sandbox has no network and no modules of Node', () => {
  expect(thrown('fetch is not defined').message).toBe('fetch is not defined (this sandbox has no fetch)');
  for (const name of ['require', 'Response', 'Deno', 'SharedArrayBuffer', 'requestAnimationFrame'])
    expect(thrown(`${name} is not defined`).message).toContain(`this sandbox has no ${name}`);
});

it('leaves every other error as it was', () => {
  expect(thrown("Cannot access 'x' before initialization").message).not.toContain('(');
  const other = new TypeError('x is not defined');
  expect(adviseOnName(other).message).toBe('x is not defined');
});
