/**
 * What the worktime `wasm` promises, for any kind of sandbox.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../fixtures/wat.js';
import { bundleOf, type JobSpec, type SandboxFixture, type StartSandbox } from './worktime-fixture.js';

const COMMAND = readFileSync(new URL('../fixtures/wasm/command.wasm', import.meta.url));

/** `isBrief`: what depends on the kind of sandbox most, for those that are slow to start. */
export function wasmSuite(start: StartSandbox, isBrief = false): void {
  const startWat = async (wat: string, spec: Omit<JobSpec, 'source'> = {}): Promise<SandboxFixture> =>
    start({ worktime: 'wasm', source: await assemble(wat), ...spec });
  const startCommand = (
    args: unknown[],
    spec: Omit<JobSpec, 'source' | 'args'> = {},
  ): Promise<SandboxFixture> => start({ worktime: 'wasm', source: COMMAND, args, ...spec });
  describe('a failure', () => failureTests(startWat));
  describe('a command and files', () => fileTests(startCommand));
  if (isBrief) return;
  describe('a function of numbers', () => numberTests(startWat));
  describe('a function of bytes', () => bytesTests(startWat));
  describe('what cannot be a work function', () => refusalTests(start, startWat));
  describe('a command', () => commandTests(startCommand));
}

type StartWat = (wat: string, spec?: Omit<JobSpec, 'source'>) => Promise<SandboxFixture>;
type StartCommand = (args: unknown[], spec?: Omit<JobSpec, 'source' | 'args'>) => Promise<SandboxFixture>;

const SAME = (type: string): string =>
  `(module (func (export "work") (param ${type}) (result ${type}) local.get 0))`;
const COUNTER = `(module (global $n (mut i32) (i32.const 0))
  (func (export "work") (param i32) (result i32)
    local.get 0 if unreachable end
    global.get $n i32.const 1 i32.add global.set $n
    global.get $n))`;
/** Gives back the bytes that it was given, each with \`add\` added. */
const SHIFT = `(module (memory (export "memory") 1) (global $next (mut i32) (i32.const 1024))
  (func (export "alloc") (param $length i32) (result i32)
    global.get $next
    global.get $next local.get $length i32.add global.set $next)
  (func (export "dealloc") (param i32 i32) i32.const 1024 global.set $next)
  (func (export "work") (param $at i32) (param $length i32) (param $add i32) (result i64)
    (local $i i32)
    block loop
      local.get $i local.get $length i32.ge_u br_if 1
      local.get $at local.get $i i32.add
      local.get $at local.get $i i32.add i32.load8_u local.get $add i32.add i32.store8
      local.get $i i32.const 1 i32.add local.set $i
      br 0
    end end
    local.get $at i64.extend_i32_u i64.const 32 i64.shl local.get $length i64.extend_i32_u i64.or))`;

function numberTests(start: StartWat): void {
  it('takes and returns each number type as its JavaScript type', async () => {
    const results = [];
    for (const [type, data] of [
      ['i32', [0, -1, 2 ** 31 - 1, 7n]],
      ['i64', [1n, -(2n ** 63n), 3]],
      ['f64', [1.5, -0, NaN, -Infinity, 2n ** 60n]],
      ['f32', [0.5]],
    ] as const) {
      results.push(await (await start(SAME(type))).run([...data]));
    }
    expect(results).toEqual([
      [0, -1, 2 ** 31 - 1, 7],
      [1n, -(2n ** 63n), 3n],
      [1.5, -0, NaN, -Infinity, 2 ** 60],
      [0.5],
    ]);
  });

  it('takes several numbers from an array, followed by the arguments', async () => {
    const wat = `(module (func (export "work") (param f64 i32 i64) (result f64 i64)
      local.get 0 local.get 1 f64.convert_i32_s f64.add local.get 2))`;
    const sandbox = await start(wat, { args: [5] });
    expect(await sandbox.run([[1.5, 2], new Float64Array([3, 4])])).toEqual([[3.5, 5n], [7, 5n]]); // prettier-ignore
    const none = await start('(module (func (export "work")))');
    expect(await none.run([[]])).toEqual([undefined]);
  });

  it('fails only its slice for a datum that would be converted with a change', async () => {
    const sandbox = await start(SAME('i32'));
    const outcomes = await sandbox.run([1.5, 2 ** 32, 'one', [1, 2], null, { a: 1 }, 5]);
    expect(outcomes.map((one) => (one instanceof Error ? `${one.name}: ${one.message}` : one))).toEqual([
      'RangeError: The datum, 1.5, is no i32',
      'RangeError: The datum, 4294967296, is no i32',
      expect.stringContaining('TypeError: The work function takes numbers, and the datum is of type string'),
      'TypeError: work(i32) → i32 takes 1 numbers of the datum; the datum has 2',
      expect.stringContaining('the datum is null'),
      expect.stringContaining('the datum is an object'),
      5,
    ]);
    const large = await start(SAME('i64'));
    expect(await large.failure(2 ** 53)).toMatchObject({ name: 'RangeError' });
    expect(await large.failure(2n ** 64n)).toMatchObject({ name: 'RangeError' });
  });

  it('is the export that the job names, else `work`, else the only one', async () => {
    const two = `(module (func (export "work") (result i32) i32.const 1) (func (export "other") (result i32) i32.const 2))`;
    expect(await (await start(two)).one([])).toBe(1);
    expect(await (await start(two, { wasm: { export: 'other' } })).one([])).toBe(2);
    const one = `(module (func (export "only") (result i32) i32.const 3) (func (export "__helper")))`;
    expect(await (await start(one)).one([])).toBe(3);
  });

  it('keeps its state from slice to slice, and loses it after a failure', async () => {
    const sandbox = await start(COUNTER);
    const outcomes = await sandbox.run([0, 0, 1, 0]);
    expect([outcomes[0], outcomes[1], outcomes[3]]).toEqual([1, 2, 1]);
    expect(outcomes[2]).toMatchObject({ name: 'RuntimeError' });
  });

  it('may report progress, print lines, and fail with its own message', async () => {
    const sandbox = await start(`(module
      (import "manyhands" "progress" (func $progress (param f64)))
      (import "manyhands" "log" (func $log (param i32 i32)))
      (import "manyhands" "fail" (func $fail (param i32 i32)))
      (memory (export "memory") 1) (data (i32.const 0) "half way")
      (func $deep (param i32) local.get 0 if i32.const 5 i32.const 3 call $fail end)
      (func (export "work") (param i32) f64.const 0.5 call $progress i32.const 0 i32.const 8 call $log
        local.get 0 call $deep))`);
    const [fine, failed] = await sandbox.run([0, 1]);
    expect(fine).toBe(undefined);
    expect(failed).toMatchObject({ name: 'Error', message: 'way' });
    expect((failed as Error).stack).toContain('deep');
    expect(sandbox.lines).toEqual(['log half way', 'log half way']);
    expect(sandbox.of('progress').map((m) => m.progress)).toContain(0.5);
  });
}

function bytesTests(start: StartWat): void {
  it('takes bytes, strings and JSON values, and returns the same form', async () => {
    const sandbox = await start(SHIFT, { args: [0] });
    const data = [
      new Uint8Array([1, 2, 255]),
      'text 💩',
      '',
      { a: [1, null, 'x'] },
      5,
      true,
      null,
      undefined,
    ];
    expect(await sandbox.run(data)).toEqual(data);
    const shifted = await start(SHIFT, { args: [1] });
    expect(await shifted.run(['HAL', new Uint8Array([255])])).toEqual(['IBM', new Uint8Array([0])]);
  });

  it('returns the form that the job requests', async () => {
    const run = async (result: 'bytes' | 'json' | 'text', datum: unknown) =>
      (await start(SHIFT, { args: [0], wasm: { result } })).one(datum);
    expect(await run('json', '[1,2]')).toEqual([1, 2]);
    expect(await run('text', [1, 2])).toBe('[1,2]\n');
    expect(await run('bytes', 'A')).toEqual(new Uint8Array([65]));
    expect(await run('json', 'no JSON')).toMatchObject({ name: 'TypeError', message: expect.stringContaining('job.wasm.result') as string }); // prettier-ignore
    expect(await run('text', new Uint8Array([0xff]))).toMatchObject({ name: 'TypeError' });
  });

  it('refuses a value that JSON cannot represent, with its path', async () => {
    const sandbox = await start(SHIFT, { args: [0] });
    const outcomes = await sandbox.run([
      { n: 1n },
      [NaN],
      new Map(),
      { deep: { b: new Uint8Array(1) } },
      /x/,
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ name: 'TypeError' });
    expect((outcomes[0] as Error).message).toBe('the datum holds a bigint at n, which JSON cannot represent');
  });

  it('fails its slice when it returns an address outside of its memory', async () => {
    const sandbox = await start(`(module (memory (export "memory") 1)
      (func (export "alloc") (param i32) (result i32) i32.const 0)
      (func (export "work") (param i32 i32) (result i64) i64.const 0xffff_fff0_0000_0010))`);
    expect(await sandbox.failure('x')).toMatchObject({ name: 'RangeError', message: expect.stringContaining('memory ends at 65536') as string }); // prettier-ignore
    const badAlloc = await start(`(module (memory (export "memory") 1)
      (func (export "alloc") (param i32) (result i32) i32.const -1)
      (func (export "work") (param i32 i32) (result i64) i64.const 0))`);
    expect(await badAlloc.failure('x')).toMatchObject({ name: 'RangeError' });
  });
}

function failureTests(start: StartWat): void {
  it('by a trap is a RuntimeError with the function names of the module', async () => {
    const sandbox = await start(`(module (memory 1)
      (func $boom unreachable)
      (func $outside i32.const -4 i32.load drop)
      (func $divide i32.const 1 i32.const 0 i32.div_s drop)
      (func $deeper (param i32) (result i32) local.get 0 call $deeper i32.const 1 i32.add)
      (func $work (export "work") (param i32) (result i32)
        local.get 0 i32.eqz if call $boom end
        local.get 0 i32.const 1 i32.eq if call $outside end
        local.get 0 i32.const 2 i32.eq if call $divide end
        local.get 0 i32.const 3 i32.eq if local.get 0 call $deeper drop end
        i32.const 4))`);
    const outcomes = (await sandbox.run([0, 1, 2, 3, 4])) as Error[];
    expect(outcomes.map((one) => one.name ?? one)).toEqual([...Array<string>(4).fill('RuntimeError'), 4]);
    const names = ['boom', 'outside', 'divide', 'deeper'];
    names.forEach((name, i) => {
      const { stack, message } = outcomes[i]!;
      expect(stack).toMatch(/^RuntimeError: /);
      expect(stack).toContain(name);
      expect(stack).toContain('work-function.wasm');
      expect(stack).not.toMatch(/wasm:\/\/|dist|blob:|sandbox/);
      expect(message).not.toBe('');
    });
    expect(outcomes[3]!.message).toContain('stack overflow');
  });
}

function refusalTests(start: StartSandbox, startWat: StartWat): void {
  const refusal = (text: string): unknown => ({
    code: 'WORK_FUNCTION_INVALID',
    message: expect.stringContaining(text) as string,
  });

  it('is rejected before any slice', async () => {
    const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const cases: [JobSpec['source'], string][] = [
      [new Uint8Array([1, 2, 3]), 'no WebAssembly module'],
      [new Uint8Array([...empty, 9]), 'does not hold together'],
      [empty, 'exports no function'],
      ['(module)', 'is text'],
    ];
    for (const [source, text] of cases) {
      await expect(start({ worktime: 'wasm', source })).rejects.toMatchObject(refusal(text) as object);
    }
    await expect(startWat('(module (import "env" "emscripten_sleep" (func)) (func (export "work")))')).rejects.toMatchObject(refusal('env.emscripten_sleep') as object); // prettier-ignore
    await expect(startWat(SAME('i32'), { args: [1, 2] })).rejects.toMatchObject(refusal('does not take') as object); // prettier-ignore
    await expect(startWat(SAME('i32'), { args: ['x'] })).rejects.toMatchObject(refusal('args[0]') as object);
  });

  it('is a module whose start function fails', async () => {
    const wat = '(module (func $start unreachable) (start $start) (func (export "work")))';
    await expect(startWat(wat)).rejects.toMatchObject(refusal('does not start: RuntimeError') as object);
  });
}

function commandTests(start: StartCommand): void {
  it('reads the datum from stdin, and its stdout is the result', async () => {
    const sandbox = await start([]);
    const data = ['text', new Uint8Array([0, 1, 255]), { a: [1, 'x'] }, 7, null, ''];
    expect(await sandbox.run(data)).toEqual(data);
    expect(await (await start([], { wasm: { result: 'text' } })).one({ a: 1 })).toBe('{"a":1}');
  });

  it('has arguments in Unicode, and the environment variables of its job', async () => {
    const sandbox = await start(['args', 'zwei', 3, 'süß 💩', [1, { a: 2 }], 10n]);
    expect(await sandbox.one('')).toBe('work|args|zwei|3|süß 💩|[1,{"a":2}]|10');
    const env = await start(['env'], { env: { A: '1', B_2: 'zwei' } });
    expect(((await env.one('')) as string).split('|').sort()).toEqual(['A=1', 'B_2=zwei']);
  });

  it('fails only its slice, with its exit code and its last output', async () => {
    const sandbox = await start(['exit', 3]);
    const error = await sandbox.failure('');
    expect(error).toMatchObject({ name: 'ExitError', code: 3 });
    expect(error.message).toBe('The command exited with code 3; standard error: going to exit');
    expect(await (await start(['exit', 0])).one('')).toBe('');
    const panic = await (await start(['panic'])).failure('');
    expect(panic.name).toBe('RuntimeError');
    expect(panic.message).toContain('what I wanted to say');
    expect(panic.stack).toContain('work-function.wasm');
  });

  it('forwards stderr to the console line by line', async () => {
    const sandbox = await start(['say']);
    expect(await sandbox.run(['', ''])).toEqual(['done', 'done']);
    expect(sandbox.lines).toEqual(['error one', 'error two', 'error one', 'error two']);
  });

  it('has a clock, sleep and random numbers, and no network', async () => {
    const [slept, now] = ((await (await start(['clock'])).one('')) as string).split(' ');
    expect(slept).toBe('true');
    expect(Number(now)).toBeGreaterThan(1_700_000_000);
    const hash = await start(['hash']);
    expect(new Set(await hash.run(['', '', '', ''])).size).toBe(4);
    expect(await (await start(['socket'])).one('')).toContain('Some(');
  });

  it('fails only its slice when its output exceeds the limit of a result', async () => {
    const [large] = await (await start(['big', 65])).run(['']);
    expect(large).toMatchObject({ code: 'RESULT_TOO_LARGE' });
    expect(await (await start(['big', 2])).one('')).toHaveLength(2 * 1024 * 1024);
  });
}

function fileTests(start: StartCommand): void {
  const CWD = '/home/pyodide';
  const files = async (): Promise<Pick<JobSpec, 'bundle'>> => ({
    bundle: {
      bytes: await bundleOf({
        [`${CWD}/data/words.txt`]: 'one two',
        [`${CWD}/top.txt`]: 'top',
        '/etc/x': 'x',
      }),
      cwd: CWD,
    },
  });

  it('finds them by absolute paths and by paths relative to the directory of the job', async () => {
    for (const [path, text] of [
      [`${CWD}/data/words.txt`, 'one two'],
      ['data/words.txt', 'one two'],
      ['./top.txt', 'top'],
      ['/etc/x', 'x'],
      ['missing', 'NotFound'],
    ] as const) {
      const sandbox = await start(['read', path], await files());
      expect(await sandbox.one(''), path).toBe(text);
    }
    expect(await (await start(['list', CWD], await files())).one('')).toBe('data|top.txt');
  });

  it('cannot change them', async () => {
    const sandbox = await start(['spoil', `${CWD}/top.txt`], await files());
    expect(await sandbox.run(['', ''])).toEqual(['6 top', '6 top']);
  });

  it('has a writable folder that is empty at the start of each slice', async () => {
    const sandbox = await start(['scratch'], await files());
    expect(await sandbox.run(['', ''])).toEqual(['x', 'x']);
  });
}
