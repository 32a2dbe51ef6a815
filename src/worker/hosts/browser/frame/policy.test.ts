import { describe, expect, it } from 'vitest';
import { allowsNoConnection } from './policy.js';

describe('a policy that allows no connection', () => {
  it.each([
    "default-src 'none'; connect-src 'none'",
    "default-src 'none'",
    "default-src *; CONNECT-SRC 'NONE' ",
    'script-src blob:;connect-src',
    "connect-src 'none'; connect-src *",
  ])('is %s', (policy) => expect(allowsNoConnection(policy)).toBe(true));

  it.each([
    '',
    'connect-src *',
    "default-src 'none'; connect-src *",
    "connect-src *; connect-src 'none'",
    "script-src 'none'",
    "connect-src 'self'",
    "connect-src 'none' https://example.com",
  ])('is not "%s"', (policy) => expect(allowsNoConnection(policy)).toBe(false));
});
