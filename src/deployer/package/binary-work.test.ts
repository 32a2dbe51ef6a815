import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/fixtures/wat.js';
import { BINARY_SOURCE_BYTES_MAX } from '../../protocol/limits.js';
import { planModule } from '../../worktimes/wasm/plan-module.js';
import { packWasm } from '../../worktimes/wasm/call-options.js';
import { parseDo, parseFor } from '../call/forms.js';
import { packSource, type WorktimeTarget } from './work-function.js';
import { parseWork } from './work-source.js';

const noModule = (): Promise<Uint8Array> => Promise.reject(new Error('no module'));
const pack = (work: unknown, home: WorktimeTarget, read = noModule) =>
  packSource(parseWork(work), home, read);
const refused = (text: string): unknown => ({
  code: 'WORK_FUNCTION_INVALID',
  message: expect.stringContaining(text) as string,
});
const WASM = { worktime: 'wasm' };
const CUSTOM = { worktime: 'map-basic', isCustom: true };
const url = new URL('https://example.org/work.wasm');

describe('a work function that is bytes', () => {
  it('is a WebAssembly module, given by URL or as bytes', async () => {
    const bytes = await assemble('(module (func (export "work")))');
    for (const work of [bytes, bytes.slice().buffer, Buffer.from(bytes), url]) {
      const packed = await pack(work, WASM, () => Promise.resolve(bytes));
      expect([Uint8Array.from(packed.bytes), packed.sourceKind]).toEqual([bytes, 'bytes']);
    }
  });

  it.each<[string, string | Uint8Array, WorktimeTarget, string]>([
    ['no module', new Uint8Array([1, 2, 3]), WASM, 'no WebAssembly module'],
    ['text', '(module (func (export "work")))', WASM, 'wat2wasm'],
    ['a component', new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), WASM, 'WASI preview 1'],
    ['an unknown worktime', new Uint8Array([1]), { worktime: 'pyodide' }, 'does not run bytes'],
    [
      'the wrong worktime',
      new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
      { worktime: 'map-basic' },
      "job.worktime = 'wasm'",
    ],
    ['empty', new Uint8Array(0), CUSTOM, '0 bytes'],
    [
      'too large',
      new Uint8Array(BINARY_SOURCE_BYTES_MAX + 1),
      CUSTOM,
      'it is 32.0 MiB, and the limit is 32 MiB',
    ],
    [
      'a module that is too large',
      new Uint8Array(40 * 2 ** 20),
      WASM,
      'it is 40.0 MiB, and the limit is 32 MiB',
    ],
  ])('is rejected: %s', async (_, work, home, text) => {
    await expect(pack(work, home)).rejects.toMatchObject(refused(text) as object);
  });

  it.each([
    ['(import "env" "memory" (memory 1))', 'env.memory (memory)', 'define and export its own memory'],
    ['(import "wbg" "__wbg_log_1" (func))', 'wbg.__wbg_log_1', 'wasm-bindgen'],
    ['(import "wasi_unstable" "fd_write" (func))', 'wasi_unstable.fd_write', 'preview 1'],
    ['(import "gojs" "runtime.wasmExit" (func))', 'gojs.runtime.wasmExit', 'GOOS=wasip1'],
    ['(import "wasi_snapshot_preview1" "fd_fly" (func))', 'fd_fly', 'It may import'],
    [
      '(import "env" "Date.now" (func (result f64)))',
      'env.Date.now',
      'abort, seed and console.log, as AssemblyScript',
    ],
    ['(import "env" "emscripten_sleep" (func))', 'env.emscripten_sleep', '-sSTANDALONE_WASM'],
  ])('reports unavailable imports: %s', async (imports, name, advice) => {
    const error = pack(await assemble(`(module ${imports} (func (export "work")))`), WASM);
    await expect(error).rejects.toMatchObject(refused(name) as object);
    await expect(error).rejects.toMatchObject(refused(advice) as object);
  });

  it('must have exactly one usable function with numeric parameters', async () => {
    const two = await assemble('(module (func (export "a")) (func (export "b")))');
    await expect(pack(two, WASM)).rejects.toMatchObject(refused('exports a, b') as object);
    await expect(pack(two, { ...WASM, wasm: { export: 'c' } })).rejects.toMatchObject(refused('no function c') as object); // prettier-ignore
    expect((await pack(two, { ...WASM, wasm: { export: 'b' } })).sourceKind).toBe('bytes');
    const odd = await assemble('(module (func (export "work") (param externref)))');
    await expect(pack(odd, WASM)).rejects.toMatchObject(refused('no number') as object);
    const blind = await assemble('(module (func (export "_start")))');
    await expect(pack(blind, WASM)).rejects.toMatchObject(refused('no memory') as object);
  });

  it('reports the error of this engine', async () => {
    // A memory section with invalid limits.
    const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0x20, 1]);
    await expect(pack(bytes, WASM)).rejects.toMatchObject(
      refused('invalid memory limits flags 0x20') as object,
    );
  });

  it('accepts the names of the functions that allocate and free memory', async () => {
    const bytes = await assemble(`(module (memory (export "memory") 1)
      (func (export "malloc") (param i32) (result i32) i32.const 0)
      (func (export "free") (param i32)) (func (export "other") (param i32))
      (func (export "work") (param i32 i32) (result i64) i64.const 0))`);
    const plan = (call?: object) => planModule(bytes, call);
    expect(plan()).toEqual({ kind: 'bytes', name: 'work', argTypes: [], alloc: 'malloc' });
    expect(plan({ free: 'free' })).toMatchObject({ alloc: 'malloc', free: 'free' });
    expect(() => plan({ free: 'gone' })).toThrow('exports no function gone');
    expect(() => plan({ alloc: 'other' })).toThrow('is none of bytes');
    expect(() => plan({ output: '/tmp/x' })).toThrow('is no command');
    const command = await assemble('(module (memory (export "memory") 1) (func (export "_start")))');
    expect(planModule(command, { output: '/tmp/x', exitCodes: [1] })).toEqual({ kind: 'command' });
    expect(() => planModule(command, { free: 'free' })).toThrow('it is a command');
  });

  it('is passed to a custom worktime as text if it is UTF-8, else as bytes', async () => {
    expect(await pack('(+ 1 2)', CUSTOM)).toMatchObject({ sourceKind: 'module' });
    expect(await pack(new Uint8Array([65]), CUSTOM)).toMatchObject({ sourceKind: 'bytes' });
    const text = new TextEncoder().encode('(+ 1 2)');
    expect(await pack(url, CUSTOM, () => Promise.resolve(text))).toMatchObject({ sourceKind: 'module' });
    const bytes = new Uint8Array([0xff, 0xfe]);
    expect(await pack(url, CUSTOM, () => Promise.resolve(bytes))).toMatchObject({ sourceKind: 'bytes' });
    await expect(pack(() => 1, CUSTOM)).rejects.toMatchObject(
      refused('custom worktime does not run') as object,
    );
  });
});

describe('call forms with bytes', () => {
  const bytes = new Uint8Array([1]);
  it('find the module from the end, with and without arguments', () => {
    expect(parseFor([[1], bytes])).toMatchObject({ work: { kind: 'bytes' }, args: [] });
    expect(parseFor([[1], bytes, [2]])).toMatchObject({ work: { kind: 'bytes' }, args: [2] });
    expect(parseFor([1, 5, bytes.buffer])).toMatchObject({ work: { kind: 'bytes' } });
    expect(parseFor([[1], '(x) => x', bytes])).toMatchObject({ work: { kind: 'text' }, args: [1] });
    expect(parseDo([bytes])).toMatchObject({ work: { kind: 'bytes' }, input: { slices: 1 } });
    expect(parseDo([3, bytes, ['a']])).toMatchObject({ input: { slices: 3 }, args: ['a'] });
  });
});

describe('job.wasm', () => {
  it('is in the package if it is set', () => {
    expect(packWasm({}, 'map-basic')).toEqual({});
    expect(packWasm({ export: 'f', result: 'json' }, 'wasm')).toEqual({
      wasm: { export: 'f', result: 'json' },
    });
    expect(packWasm({ alloc: 'a', free: 'b', output: '/tmp/o', exitCodes: [10, 0, 10] }, 'wasm')).toEqual({
      wasm: { alloc: 'a', free: 'b', output: '/tmp/o', exitCodes: [0, 10] },
    });
  });

  it.each([
    [{ export: 'f' }, 'map-basic', 'INVALID_ARGUMENT'],
    [{ export: '' }, 'wasm', 'INVALID_ARGUMENT'],
    [{ result: 'xml' }, 'wasm', 'INVALID_ARGUMENT'],
    [{ entry: 'f' }, 'wasm', 'UNKNOWN_OPTION'],
    [{ alloc: 1 }, 'wasm', 'INVALID_ARGUMENT'],
    [{ output: '' }, 'wasm', 'INVALID_ARGUMENT'],
    [{ exitCodes: [] }, 'wasm', 'INVALID_ARGUMENT'],
    [{ exitCodes: [256] }, 'wasm', 'INVALID_ARGUMENT'],
    [{ exitCodes: 10 }, 'wasm', 'INVALID_ARGUMENT'],
    [null, 'wasm', 'INVALID_ARGUMENT'],
  ])('is rejected as %j with %s', (call, worktime, code) => {
    expect(() => packWasm(call as object, worktime)).toThrowError(expect.objectContaining({ code }) as Error);
  });
});
