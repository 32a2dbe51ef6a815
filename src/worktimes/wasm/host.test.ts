import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/rig/wat.js';
import { instantiate, type HostOptions } from './host.js';
import { KeptOutput } from './streams.js';
import { DirectoryNode } from './wasi/inodes.js';

/** An output that meets a limit, as one whose bytes pass a memory quota does. */
class FullOutput extends KeptOutput {
  override write(): void {
    throw new RangeError('No more memory than the quota');
  }
}

const IMPORT = `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`;
const MEMORY = `(memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "hi")`;
const WRITE = 'i32.const 1 i32.const 0 i32.const 1 i32.const 8 call $write';

const options = (output = new KeptOutput(), log: string[] = []): HostOptions => ({
  args: ['work'],
  env: [],
  descriptors: [output, output, output],
  root: new DirectoryNode(),
  voice: { console: (_, text) => void log.push(text), progress: () => true },
});

const start = async (wat: string, given = options()) =>
  instantiate(new WebAssembly.Module((await assemble(wat)) as Uint8Array<ArrayBuffer>), given);
const call = (exports: WebAssembly.Exports, name: string, ...args: unknown[]): unknown =>
  (exports[name] as (...values: unknown[]) => unknown)(...args);

describe('what the host throws', () => {
  it('of a quota ends the call, and is no error number', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32) ${WRITE}))`;
    const { exports } = await start(wat, options(new FullOutput()));
    expect(() => call(exports, 'work')).toThrow('No more memory than the quota');
    expect(call((await start(wat)).exports, 'work')).toBe(0);
  });

  it('is remembered where the module catches it and goes on, and thrown by what it calls next', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32)
      (try (result i32) (do ${WRITE}) (catch_all i32.const 7))))`;
    const hosted = await start(wat, options(new FullOutput()));
    expect(call(hosted.exports, 'work')).toBe(7);
    expect(() => hosted.failure.check()).toThrow('No more memory than the quota');
    expect(call((await start(wat)).exports, 'work')).toBe(0);
  });

  it('for a place outside of the memory says which', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32)
      i32.const 1 i32.const -4 i32.const 1 i32.const 8 call $write))`;
    const { exports } = await start(wat);
    expect(() => call(exports, 'work')).toThrow(
      new RangeError('The module named 8 bytes at 4294967292; its memory ends at 65536 bytes'),
    );
  });
});

describe('what AssemblyScript imports', () => {
  it('is there: abort, seed and console.log', async () => {
    const log: string[] = [];
    const wat = `(module (import "env" "seed" (func $seed (result f64)))
      (import "env" "console.log" (func $log (param i32)))
      (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\04\\00\\00\\00h\\00i\\00")
      (func (export "seed") (result f64) call $seed)
      (func (export "log") i32.const 4 call $log)
      (func (export "abort") i32.const 4 i32.const 4 i32.const 1 i32.const 2 call $abort))`;
    const { exports } = await start(wat, options(undefined, log));
    expect(call(exports, 'seed')).not.toBe(call(exports, 'seed'));
    call(exports, 'log');
    expect(log).toEqual(['hi']);
    expect(() => call(exports, 'abort')).toThrow('hi at hi:1:2');
  });
});
