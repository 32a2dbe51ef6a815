/**
 * WebAssembly modules that mean harm, in a real sandbox: each fails by itself, and the sandbox goes on.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { assemble } from '../fixtures/wat.js';
import {
  builtThreadHost,
  segmentOf,
  createStarter,
  type SandboxFixture,
} from '../contract/worktime-fixture.js';

const host = builtThreadHost();
const { start, end } = createStarter(() => host);
afterEach(end);
afterAll(() => host.close());

const startWat = async (wat: string): Promise<SandboxFixture> =>
  start({ worktime: 'wasm', source: await assemble(wat) });
const OK = 0;
/** Every function of WASI that takes addresses in memory, with its parameters. */
const CALLS: Record<string, string> = {
  args_get: 'i32 i32', args_sizes_get: 'i32 i32', environ_get: 'i32 i32', environ_sizes_get: 'i32 i32',
  clock_time_get: 'i32 i64 i32', clock_res_get: 'i32 i32', fd_read: 'i32 i32 i32 i32', fd_write: 'i32 i32 i32 i32',
  fd_pread: 'i32 i32 i32 i64 i32', fd_pwrite: 'i32 i32 i32 i64 i32', fd_readdir: 'i32 i32 i32 i64 i32',
  fd_seek: 'i32 i64 i32 i32', fd_fdstat_get: 'i32 i32', fd_filestat_get: 'i32 i32', fd_prestat_get: 'i32 i32',
  fd_prestat_dir_name: 'i32 i32 i32', fd_allocate: 'i32 i64 i64', fd_filestat_set_size: 'i32 i64',
  fd_renumber: 'i32 i32', fd_close: 'i32', path_open: 'i32 i32 i32 i32 i32 i64 i64 i32 i32',
  path_filestat_get: 'i32 i32 i32 i32 i32', path_rename: 'i32 i32 i32 i32 i32 i32', path_unlink_file: 'i32 i32 i32',
  path_link: 'i32 i32 i32 i32 i32 i32 i32', path_readlink: 'i32 i32 i32 i32 i32 i32',
  path_symlink: 'i32 i32 i32 i32 i32', poll_oneoff: 'i32 i32 i32 i32', random_get: 'i32 i32',
  sock_recv: 'i32 i32 i32 i32 i32 i32', sock_send: 'i32 i32 i32 i32 i32', sock_shutdown: 'i32 i32', proc_raise: 'i32',
}; // prettier-ignore

describe('a module', () => {
  it.each(Object.entries(CALLS))(
    'that calls %s with addresses outside of its memory gets an error number, or fails its slice',
    async (name, types) => {
      const params = types.split(' ');
      const sandbox = await startWat(`(module
      (import "wasi_snapshot_preview1" "${name}" (func $f (param ${types}) (result i32)))
      (memory (export "memory") 1)
      (func (export "work") (param i64) (result i32)
        ${params.map((type) => (type === 'i64' ? 'local.get 0' : 'local.get 0 i32.wrap_i64')).join(' ')} call $f))`);
      const outcomes = await sandbox.run([-1n, -(2n ** 31n), 2n ** 31n - 1n, 65_535n, 2n ** 62n, 4n, 3n]);
      for (const outcome of outcomes) {
        if (typeof outcome === 'number') continue;
        expect(outcome).toMatchObject({ name: 'RangeError' });
        expect((outcome as Error).message).toMatch(
          /^The module named \d+ bytes at \d+; its memory ends at 65536 bytes/,
        );
      }
      // The sandbox is intact for the next slice.
      const last = await sandbox.one(-2n);
      expect(typeof last === 'number' || (last as Error).name === 'RangeError').toBe(true);
    },
  );

  it('that needs more memory than the limit is refused, or memory.grow fails', async () => {
    const huge = startWat('(module (memory (export "memory") 65536) (func (export "work")))');
    await expect(huge).rejects.toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
    const sandbox = await startWat(`(module (memory (export "memory") 1) (func (export "work") (result i32)
      loop i32.const 1024 memory.grow i32.const -1 i32.ne br_if 0 end memory.size))`);
    const pages = (await sandbox.one([])) as number;
    expect(pages * 65_536).toBeLessThanOrEqual(2 * 1024 ** 3);
    expect(await sandbox.one([])).toBe(pages);
  });

  it('that never ends is killed, also in its start function', async () => {
    const sandbox = await startWat('(module (func (export "work") loop br 0 end))');
    sandbox.send([{ first: 1, input: { kind: 'segment', count: 1, segment: segmentOf([[]]) } }], true);
    await sandbox.until((m) => m.type === 'begin');
    sandbox.kill();
    expect(await sandbox.exited()).toBe('The sandbox thread was killed.');
    const own = builtThreadHost();
    const loop = '(module (func $start loop br 0 end) (start $start) (func (export "work")))';
    const starting = createStarter(() => own).start({ worktime: 'wasm', source: await assemble(loop) });
    const refused = expect(starting).rejects.toThrow('The sandbox thread was killed.');
    await own.close();
    await refused;
  });

  it('that floods its console and its file descriptors fails its slice', async () => {
    const sandbox = await startWat(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\04\\00\\00\\00line\\n") (data (i32.const 100) ".")
      (func (export "work") (result i32) (local $i i32)
        loop
          i32.const 2 i32.const 0 i32.const 1 i32.const 64 call $write drop
          i32.const 3 i32.const 0 i32.const 100 i32.const 1 i32.const 0 i64.const 0 i64.const 0 i32.const 0 i32.const 64
          call $open drop
          local.get $i i32.const 1 i32.add local.tee $i i32.const 20000 i32.lt_u br_if 0
        end i32.const ${OK}))`);
    expect(await sandbox.run([[], []])).toEqual([OK, OK]);
    expect(sandbox.lines.length).toBeLessThan(1_000);
  });
});
