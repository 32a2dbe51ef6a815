/**
 * Stacks as engines print them, reduced to the user's source.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { userFrames } from './frames.js';

describe('userFrames', () => {
  it("keeps the user's frames in V8's format, and built-in functions between them", () => {
    const stack = [
      'TypeError: a message',
      '    at of two lines',
      '    at inner (work-function.js:1:12)',
      '    at Array.map (<anonymous>)',
      '    at eval (work-function.js:4:3)',
      '    at runBatch (file:///app/dist/worktimes/run-batch.js:40:20)',
      '    at new Promise (<anonymous>)',
    ].join('\n');
    expect(userFrames(stack, 1)).toEqual([
      '    at inner (work-function.js:1:11)',
      '    at Array.map (<anonymous>)',
      '    at eval (work-function.js:4:3)',
    ]);
  });

  it("keeps the user's frames in SpiderMonkey's format", () => {
    const stack = [
      'inner@work-function.js:2:15',
      '@work-function.js:1:20',
      'runBatch@blob:null/1234:5:6',
      'async*drain@blob:null/1234:7:8',
    ].join('\n');
    expect(userFrames(stack, 1)).toEqual(['inner@work-function.js:2:15', '@work-function.js:1:19']);
  });

  it('replaces the URL of a module by the name of the source', () => {
    const stack =
      'Error: x\n    at work-function.js:2:1\n    at f (data:text/javascript;charset=utf-8,x%20y:3:4)';
    expect(userFrames(stack, 0)).toEqual(['    at work-function.js:2:1']);
  });

  it('is empty where no frame is the user’s, and has at most 50 frames', () => {
    expect(userFrames('Error: work-function.js:1:1 in a message', 0)).toEqual([]);
    expect(userFrames('', 0)).toEqual([]);
    expect(userFrames('    at f (work-function.js:1:9)\n'.repeat(1_000), 0)).toHaveLength(50);
  });
});
