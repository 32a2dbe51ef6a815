import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/fixtures/wat.js';
import { isError } from '../../lib/errors.js';
import { isWasm } from '../quota/module-format.js';
import { isComponent, readInterface } from './module-reader.js';
import { planModule } from './plan-module.js';

const WHOLE = `(module
  (import "a" "f" (func (param i32 i64) (result f32 f64)))
  (import "a" "g" (global i32))
  (import "a" "t" (table 1 5 funcref))
  (import "a" "m" (memory 1 300))
  (type $t (func (param externref)))
  (func $own (type $t))
  (global (export "number") i32 (i32.const 1))
  (export "imported" (func 0))
  (export "own" (func $own))
  (export "memory" (memory 0))
  (table $x (export "table") 1 funcref)
  (data (i32.const 0) "abc"))`;

describe('the interface of a module', () => {
  it('lists imports and exports, with the types of functions', async () => {
    expect(readInterface(await assemble(WHOLE))).toEqual({
      imports: [
        { module: 'a', name: 'f', kind: 'function' },
        { module: 'a', name: 'g', kind: 'global' },
        { module: 'a', name: 't', kind: 'table' },
        { module: 'a', name: 'm', kind: 'memory' },
      ],
      exports: [
        { name: 'number', kind: 'global' },
        { name: 'imported', kind: 'function', type: { params: ['i32', 'i64'], results: ['f32', 'f64'] } },
        { name: 'own', kind: 'function', type: { params: ['other'], results: [] } },
        { name: 'memory', kind: 'memory' },
        { name: 'table', kind: 'table' },
      ],
    });
  });

  it('is parsed where the module has types of the GC proposal', () => {
    // A recursion group of a struct and an array of references to it, then a function type; one function, exported as f.
    const types = [2, 0x4e, 2, 0x5f, 1, 0x7f, 1, 0x50, 0, 0x5e, 0x63, 0, 0, 0x60, 1, 0x7f, 0];
    const bytes = [
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      1,
      types.length,
      ...types,
      3,
      2,
      1,
      2,
      7,
      5,
      1,
      1,
      0x66,
      0,
      0,
    ];
    expect(readInterface(new Uint8Array(bytes)).exports).toEqual([
      { name: 'f', kind: 'function', type: { params: ['i32'], results: [] } },
    ]);
  });

  it('is detected by the header, which differs from that of a component', () => {
    expect(isComponent(new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]))).toBe(true);
    expect(isWasm(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toBe(true);
    expect(isWasm(new Uint8Array([0, 0x61, 0x73]))).toBe(false);
    expect(isComponent(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toBe(false);
  });
});

describe('malformed bytes', () => {
  const onlyCoded = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      if (!isError(error, 'WORK_FUNCTION_INVALID')) throw error;
      expect(error.message.length).toBeLessThan(2_000);
    }
  };

  it('of a changed module are refused with a code, or are another valid module', async () => {
    const valid = await assemble(WHOLE);
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.nat(valid.length), (list, length) => {
        const bytes = valid.slice(0, length < 12 ? undefined : length);
        for (const [at, byte] of list) bytes[at % bytes.length] = byte;
        onlyCoded(() => readInterface(bytes));
        onlyCoded(() => planModule(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  it('that are no module are refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...tail]);
        onlyCoded(() => readInterface(bytes));
        onlyCoded(() => planModule(bytes));
        onlyCoded(() => planModule(tail));
      }),
      { numRuns: 3_000 },
    );
  });

  it('with very long names give a short error message', async () => {
    const long = 'n'.repeat(50_000);
    const imports = Array.from({ length: 200 }, (_, i) => `(import "env" "${long}${i}" (func))`).join('');
    const bytes = await assemble(`(module ${imports})`);
    expect(() => planModule(bytes)).toThrowError(
      expect.objectContaining({ code: 'WORK_FUNCTION_INVALID' }) as Error,
    );
    onlyCoded(() => planModule(bytes));
  });
});
