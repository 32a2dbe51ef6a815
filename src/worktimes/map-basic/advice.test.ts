import { expect, it } from 'vitest';
import { adviseOnName } from './advice.js';

const thrown = (message: string): Error => {
  const error = new ReferenceError(message);
  error.stack = `ReferenceError: ${message}\n    at work-function.js:1:8`;
  return adviseOnName(error);
};

it('the error of an undefined variable says how to pass data to a work function', () => {
  const error = thrown('factor is not defined');
  expect(error.message).toBe(
    'factor is not defined (a work function is sent as its source and sees only its arguments: pass data through args, and write functions inside it)',
  );
  expect(error.stack).toBe(`ReferenceError: ${error.message}\n    at work-function.js:1:8`);
});

it('the error of an undefined global of pages or Node says that the sandbox does not have it', () => {
  expect(thrown('fetch is not defined').message).toBe('fetch is not defined (this sandbox has no fetch)');
  for (const name of ['require', 'Response', 'Deno', 'SharedArrayBuffer', 'requestAnimationFrame'])
    expect(thrown(`${name} is not defined`).message).toContain(`this sandbox has no ${name}`);
});

it('every other error is unchanged', () => {
  expect(thrown("Cannot access 'x' before initialization").message).not.toContain('(');
  const other = new TypeError('x is not defined');
  expect(adviseOnName(other).message).toBe('x is not defined');
});
