import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/fixtures/wat.js';
import { instantiate, type HostOptions } from './host.js';
import { CapturedOutput } from './streams.js';
import { DirectoryNode } from './wasi/inodes.js';

/** An output whose writes fail as at a memory limit. */
class FullOutput extends CapturedOutput {
  override write(): void {
    throw new RangeError('No more memory than the quota');
  }
}

const IMPORT = `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`;
const MEMORY = `(memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "hi")`;
const WRITE = 'i32.const 1 i32.const 0 i32.const 1 i32.const 8 call $write';

const options = (output = new CapturedOutput(), log: string[] = []): HostOptions => ({
  args: ['work'],
  env: [],
  descriptors: [output, output, output],
  root: new DirectoryNode(),
  output: { console: (_, text) => void log.push(text), progress: () => true },
});

const start = async (wat: string, given = options()) =>
  instantiate(new WebAssembly.Module((await assemble(wat)) as Uint8Array<ArrayBuffer>), given);
const call = (exports: WebAssembly.Exports, name: string, ...args: unknown[]): unknown =>
  (exports[name] as (...values: unknown[]) => unknown)(...args);

describe('an error of the host', () => {
  it('from a memory limit ends the call, and is not returned as an error number', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32) ${WRITE}))`;
    const { exports } = await start(wat, options(new FullOutput()));
    expect(() => call(exports, 'work')).toThrow('No more memory than the quota');
    expect(call((await start(wat)).exports, 'work')).toBe(0);
  });

  it('that the module catches is thrown again by the next check', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32)
      (try (result i32) (do ${WRITE}) (catch_all i32.const 7))))`;
    const hosted = await start(wat, options(new FullOutput()));
    expect(call(hosted.exports, 'work')).toBe(7);
    expect(() => hosted.failure.check()).toThrow('No more memory than the quota');
    expect(call((await start(wat)).exports, 'work')).toBe(0);
  });

  it('for an address outside of the memory names the address', async () => {
    const wat = `(module ${IMPORT} ${MEMORY} (func (export "work") (result i32)
      i32.const 1 i32.const -4 i32.const 1 i32.const 8 call $write))`;
    const { exports } = await start(wat);
    expect(() => call(exports, 'work')).toThrow(
      new RangeError('The module named 8 bytes at 4294967292; its memory ends at 65536 bytes'),
    );
  });
});

describe('the imports of AssemblyScript', () => {
  it('abort, seed and console.log exist', async () => {
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
