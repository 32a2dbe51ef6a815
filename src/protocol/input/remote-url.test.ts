import { describe, expect, it } from 'vitest';
import { ORIGIN_LENGTH_MAX, REMOTE_URL_BYTES_MAX } from '../limits.js';
import { decodeRemote, encodeRemote, isOrigin } from './remote-url.js';

describe('an origin', () => {
  it.each(['https://example.com', 'http://localhost:8080', 'http://[::1]'])('is %s', (text) => {
    expect(isOrigin(text)).toBe(true);
  });

  it.each([
    'https://example.com/',
    'https://example.com/path',
    'https://EXAMPLE.com',
    'https://example.com:443',
    'https://me@example.com',
    'ftp://example.com',
    'blob:https://example.com',
    'null',
    'example.com',
    '',
    `https://${'a.'.repeat(ORIGIN_LENGTH_MAX / 2)}com`,
    new URL('https://example.com'),
  ])('is not %s', (text) => {
    expect(isOrigin(text)).toBe(false);
  });
});

describe('the address of an input', () => {
  const ofLength = (length: number): string => 'https://example.com/'.padEnd(length, 'x');

  it('may have as many bytes as the limit, and no more', () => {
    const longest = ofLength(REMOTE_URL_BYTES_MAX);
    expect(decodeRemote(encodeRemote(longest))).toBe(longest);
    const longer = ofLength(REMOTE_URL_BYTES_MAX + 1);
    expect(() => encodeRemote(longer)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => decodeRemote(new TextEncoder().encode(longer))).toThrow(
      expect.objectContaining({ code: 'SEGMENT_MALFORMED' }),
    );
  });
});
