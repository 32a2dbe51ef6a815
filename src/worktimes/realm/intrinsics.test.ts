/**
 * Restoring a realm that a job has changed, for the harness alone.
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { captureIntrinsics, withIntrinsics } from './intrinsics.js';

const lists = Array.prototype as unknown as Record<PropertyKey, unknown>;
const fail = (): never => {
  throw new Error('poison');
};

describe('code of the harness', () => {
  beforeAll(() => captureIntrinsics(globalThis));

  it('runs with the original intrinsics, and the changes of the job are there afterwards', () => {
    const native = lists['push'];
    Object.defineProperty(lists, 7, { set: fail, get: () => 'job', configurable: true });
    lists['push'] = fail;
    lists['last'] = 1;
    const flat = lists['flat'];
    delete lists['flat'];
    let seen: unknown[];
    let after: unknown[];
    try {
      seen = withIntrinsics(() => {
        const list: unknown[] = [];
        list.push(1);
        return [list[7], 'last' in list, 'flat' in list];
      });
      after = [lists[7], lists['last'], 'flat' in lists, lists['push'] === fail];
    } finally {
      lists['push'] = native;
      for (const key of [7, 'last']) delete lists[key];
      lists['length'] = 0;
      Object.defineProperty(lists, 'flat', { value: flat, configurable: true, writable: true });
    }
    expect([seen, after]).toEqual([
      [undefined, false, true],
      ['job', 1, false, true],
    ]);
  });

  it('that fails without a change by the job runs once, and throws its own error', () => {
    let times = 0;
    expect(() => withIntrinsics(() => (times++, fail()))).toThrow('poison');
    expect(times).toBe(1);
  });
});
