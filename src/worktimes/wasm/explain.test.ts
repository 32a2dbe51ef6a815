import { describe, expect, it } from 'vitest';
import { ExitError, explainWasm, moduleFrames } from './explain.js';

describe('the stack frames of a module', () => {
  it('are parsed from the format of V8, with names and without', () => {
    const stack = [
      'RuntimeError: unreachable',
      '    at boom (wasm://wasm/tiny-0a1b2c3d:wasm-function[0]:0x2a)',
      '    at wasm://wasm/0a1b2c3d:wasm-function[17]:0x33',
      '    at call (file:///somewhere/dist/worktimes/wasm/function-work.js:20:14)',
    ].join('\n');
    expect(moduleFrames(stack)).toEqual([
      '    at boom (work-function.wasm:wasm-function[0]:0x2a)',
      '    at work-function.wasm:wasm-function[17]:0x33',
    ]);
  });

  it('are parsed from the format of SpiderMonkey', () => {
    const stack = [
      'boom@blob:null/0a1b-2c3d line 1 > WebAssembly.Module:wasm-function[0]:0x2a',
      'wasm-function[17]@https://example.org/x.js:wasm-function[17]:0x33',
      'call@blob:null/0a1b-2c3d:20:14',
    ].join('\n');
    expect(moduleFrames(stack)).toEqual([
      'boom@work-function.wasm:wasm-function[0]:0x2a',
      'wasm-function[17]@work-function.wasm:wasm-function[17]:0x33',
    ]);
  });
});

describe('an error of a module', () => {
  it('is a RuntimeError for a stack overflow in every engine', () => {
    const v8 = new RangeError('Maximum call stack size exceeded');
    const spiderMonkey = Object.assign(new Error('too much recursion'), { name: 'InternalError' });
    for (const thrown of [v8, spiderMonkey]) {
      expect(explainWasm(thrown, '')).toMatchObject({
        name: 'RuntimeError',
        message: `stack overflow (${thrown.message})`,
      });
    }
    expect(explainWasm(new RangeError('work returned 5 bytes'), '')).toMatchObject({ name: 'RangeError' });
  });

  it('has the end of standard error in its message', () => {
    const error = explainWasm(new WebAssembly.RuntimeError('unreachable'), 'panicked at x.rs:1');
    expect(error.message).toBe('unreachable; standard error: panicked at x.rs:1');
    expect(explainWasm(new ExitError(3, { stdout: 'so far', stderr: '' }), 'not twice')).toMatchObject({
      message: 'The command exited with code 3',
      code: 3,
      info: { stdout: 'so far' },
    });
  });
});
