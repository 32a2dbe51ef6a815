import { expect, it } from 'vitest';
import { ManyhandsError } from '../../entry/deployer.node.js';
import { describeError, describeUsage } from './describe-error.js';

it('describeError shows the message and the code, without a stack, for an error with a code', () => {
  const error = new ManyhandsError('JOB_UNKNOWN', 'there is no such\u001b[2J job');
  expect(describeError(error)).toBe('manyhands: there is no such [2J job [JOB_UNKNOWN]');
});

it('describeError shows the stack of an unexpected error', () => {
  expect(describeError(new ManyhandsError('INTERNAL', 'oh'))).toMatch(
    /^manyhands: oh \[INTERNAL\]\n.*Error: oh\n +at /s,
  );
  expect(describeError(new TypeError('oh'))).toMatch(/^manyhands: unexpected: TypeError: oh\n +at /);
  expect(describeError('oh')).toBe('manyhands: unexpected: oh');
});

it('describeError reports a missing scheduler with the options of a command', () => {
  for (const url of ['http://127.0.0.1:1', 'ws://127.0.0.1:1/socket']) {
    const error = new ManyhandsError('CONNECT_FAILED', 'No. init({ scheduler })', { url, reason: 'refused' });
    expect(describeError(error)).toBe(
      "manyhands: No scheduler answers at http://127.0.0.1:1. Start one with 'npx manyhands scheduler', or name " +
        'another with --scheduler or MANYHANDS_SCHEDULER. [CONNECT_FAILED]',
    );
  }
  const error = new ManyhandsError('CONNECT_FAILED', 'Check it.', { url: 'wss://a/socket', reason: 'tls' });
  expect(describeError(error)).toBe('manyhands: Check it. [CONNECT_FAILED]');
});

it('describeError keeps the lines of the instructions if there is no isolation', () => {
  const error = new ManyhandsError('ISOLATION_UNAVAILABLE', 'Nothing:\n  this\u001b\n  that');
  expect(describeError(error)).toBe('manyhands: Nothing:\n  this \n  that [ISOLATION_UNAVAILABLE]');
});

it('describeError formats a usage error on one line', () => {
  expect(describeUsage("error: unknown command 'x'\n(Did you mean y?)\n")).toBe(
    "manyhands: unknown command 'x' (Did you mean y?)\n",
  );
  expect(describeUsage("error: command-argument value '0x' is invalid for argument 'address'. Why.")).toBe(
    "manyhands: the value '0x' is invalid for argument 'address'. Why.\n",
  );
});
