import { expect, it } from 'vitest';
import { ManyhandsError } from '../entry/deployer.node.js';
import { describeError, describeUsage } from './describe-error.js';

it('shows a sentence and a code, and no stack, for what is not our fault', () => {
  const error = new ManyhandsError('JOB_UNKNOWN', 'there is no such\u001b[2J job');
  expect(describeError(error)).toBe('manyhands: there is no such [2J job [JOB_UNKNOWN]');
});

it('shows the stack of what may be our fault', () => {
  expect(describeError(new ManyhandsError('INTERNAL', 'oh'))).toMatch(
    /^manyhands: oh \[INTERNAL\]\n.*Error: oh\n +at /s,
  );
  expect(describeError(new TypeError('oh'))).toMatch(/^manyhands: unexpected: TypeError: oh\n +at /);
  expect(describeError('oh')).toBe('manyhands: unexpected: oh');
});

it('puts wrong usage on one line', () => {
  expect(describeUsage("error: unknown command 'x'\n(Did you mean y?)\n")).toBe(
    "manyhands: unknown command 'x' (Did you mean y?)\n",
  );
});
