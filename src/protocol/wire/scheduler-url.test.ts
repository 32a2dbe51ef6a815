/**
 * The addresses that a user may write, and those that are refused.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { DEFAULT_SCHEDULER, parseSchedulerUrl } from './scheduler-url.js';

describe("a scheduler's address", () => {
  it.each([
    ['http://localhost:8462', 'http://localhost:8462', 'ws://localhost:8462/socket'],
    ['http://localhost:8462/', 'http://localhost:8462', 'ws://localhost:8462/socket'],
    ['https://hands.example', 'https://hands.example', 'wss://hands.example/socket'],
    ['wss://hands.example/socket', 'https://hands.example', 'wss://hands.example/socket'],
    ['ws://[::1]:9/', 'http://[::1]:9', 'ws://[::1]:9/socket'],
    ['https://hands.example/many//', 'https://hands.example/many', 'wss://hands.example/many/socket'],
    ['localhost:9000', 'http://localhost:9000', 'ws://localhost:9000/socket'],
    ['LOCALHOST', 'http://localhost', 'ws://localhost/socket'],
    [' 192.168.1.7:8462 ', 'http://192.168.1.7:8462', 'ws://192.168.1.7:8462/socket'],
  ])('%s is read', (written, http, socket) => {
    expect(parseSchedulerUrl(written)).toEqual({ http, socket });
    expect(parseSchedulerUrl(parseSchedulerUrl(written).http)).toEqual({ http, socket });
  });

  it('may be a URL', () => {
    expect(parseSchedulerUrl(new URL(DEFAULT_SCHEDULER)).http).toBe(DEFAULT_SCHEDULER);
  });

  it.each([
    '',
    'http://',
    'ftp://host',
    'file:///x',
    'http://host/?a=1',
    'http://host/#b',
    'not an address',
    'host:99999',
    'foo',
    'foo/path',
    5,
    {},
    null,
  ])('%j is refused', (written) => {
    expect(() => parseSchedulerUrl(written as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        info: { argument: 'scheduler' },
        message: expect.stringContaining(DEFAULT_SCHEDULER) as unknown,
      }),
    );
  });

  it('with a password is refused, and not repeated', () => {
    try {
      parseSchedulerUrl('https://me:s3cret@host');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain('s3cret');
    }
  });
});
