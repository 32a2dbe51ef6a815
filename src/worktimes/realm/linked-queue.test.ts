import { describe, expect, it } from 'vitest';
import { LinkedQueue } from './linked-queue.js';

describe('a linked queue', () => {
  it('returns elements in order, and can be used again after it was empty', () => {
    const queue = new LinkedQueue<number>();
    expect(queue.shift()).toBeUndefined();
    for (const value of [1, 2, 3]) queue.push(value);
    expect([queue.first, queue.shift(), queue.isEmpty]).toEqual([1, 1, false]);
    expect([queue.shift(), queue.shift(), queue.isEmpty]).toEqual([2, 3, true]);
    queue.push(4);
    expect([queue.shift(), queue.shift()]).toEqual([4, undefined]);
  });

  it('works without the methods of arrays', () => {
    const queue = new LinkedQueue<string>();
    let taken: string | undefined;
    const { push, shift } = Array.prototype;
    Array.prototype.push = Array.prototype.shift = () => {
      throw new Error('tampered with');
    };
    try {
      queue.push('kept');
      taken = queue.shift();
    } finally {
      Object.assign(Array.prototype, { push, shift });
    }
    expect(taken).toBe('kept');
  });
});
