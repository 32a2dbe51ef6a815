import { expect, it } from 'vitest';
import { ERROR_TABLE, ManyhandsError, type ErrorCode } from '../../lib/errors.js';
import { isRetried, reactionTo } from './error-reactions.js';

const codes = Object.keys(ERROR_TABLE) as ErrorCode[];

it('a client tries again after the errors that are marked as retryable, and after no other', () => {
  const retryable = codes.filter((code) => ERROR_TABLE[code].retryable);
  expect(codes.filter((code) => isRetried(new ManyhandsError(code, 'text')))).toEqual(retryable);
});

it('an error without a known code is fatal', () => {
  expect([new Error('text'), 'SOMETHING_NEW', undefined].map(reactionTo)).toEqual([
    'fatal',
    'fatal',
    'fatal',
  ]);
});
