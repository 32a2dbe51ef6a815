/**
 * What the worktime pyodide promises, for any kind of sandbox. An interpreter takes seconds to start, so that many
 * tests share one whose work function evaluates what it is sent.
 * @module
 */
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf, type SandboxFixture, type StartSandbox } from './worktime-fixture.js';

/** Evaluates an expression with the datum as `x`, or executes a text that sets `r`. */
const EVALUATOR = `
import sys

def helper(x, code):
    names = {'x': x}
    if '\\n' in code:
        exec(compile(code, 'job-code.py', 'exec'), names)
        return names.get('r')
    return eval(compile(code, 'job-code.py', 'eval'), names)

def work(datum):
    return helper(datum[1], datum[0])
`;

export function pyodideSuite(start: StartSandbox): void {
  describe('with one interpreter', () => sharedTests(start));
  describe('the job', () => jobTests(start));
}

function sharedTests(start: StartSandbox): void {
  let sandbox: SandboxFixture;
  beforeAll(async () => {
    const bundle = {
      bytes: await bundleOf({
        '/data/in.txt': 'grüß',
        '/data/helper.py': 'def triple(x):\n    return 3 * x\n',
      }),
      cwd: '/data',
    };
    sandbox = await start({
      worktime: 'pyodide',
      source: EVALUATOR,
      shared: true,
      bundle,
      env: { GREETING: 'hello' },
      jobId: 'an id',
    });
  });
  afterAll(() => sandbox.kill());

  const evaluate = async (code: string, x: unknown = null): Promise<unknown> => sandbox.one([code, x]);

  it('converts data to Python values', async () => {
    const kinds: [unknown, string][] = [
      [1, "int 1"], [-0, 'float -0.0'], [1.5, 'float 1.5'], [NaN, 'float nan'], [Infinity, 'float inf'],
      [2 ** 53, 'float 9007199254740992.0'], [5n, 'int 5'], [10n ** 30n, `int 1${'0'.repeat(30)}`], [-(2n ** 70n), `int ${-(2n ** 70n)}`],
      ['é💩', "str 'é💩'"], [true, 'bool True'], [null, 'NoneType None'], [undefined, 'NoneType None'],
      [new Uint8Array([97, 0]), "bytes b'a\\x00'"], [new Uint8Array([97]).buffer, "bytes b'a'"],
      [[1, null, [2n, -0, true]], 'list [1, None, [2, -0.0, True]]'], [{ a: { b: [] } }, "dict {'a': {'b': []}}"],
      [new Map<unknown, unknown>([[1, 'x'], [2n, -0]]), "dict {1: 'x', 2: -0.0}"], [new Set([2n]), 'set {2}'],
      [new Date(1500), 'datetime datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=datetime.timezone.utc)'],
      [[, 1], 'list [None, 1]'], [{ big: 2n ** 64n, bytes: new Uint8Array(1) }, "dict {'big': 18446744073709551616, 'bytes': b'\\x00'}"],
    ]; // prettier-ignore
    const code = 'type(x).__name__ + " " + repr(x)';
    expect(await sandbox.run(kinds.map(([value]) => [code, value]))).toEqual(kinds.map(([, shown]) => shown));
  });

  it('converts typed arrays to memoryviews', async () => {
    const data = [
      new Float64Array([0.5, -0]),
      new Int16Array([-3]),
      new BigUint64Array([2n ** 63n]),
      new Float32Array([1.5]),
    ];
    const code = 'f"{type(x).__name__} {x.format} {x.tolist()}"';
    expect(await sandbox.run(data.map((x) => [code, x]))).toEqual([
      'memoryview d [0.5, -0.0]', 'memoryview h [-3]', 'memoryview Q [9223372036854775808]', 'memoryview f [1.5]',
    ]); // prettier-ignore
  });

  it('converts cyclic lists, and shared parts once', async () => {
    const loop: unknown[] = [-0];
    loop.push(loop);
    const shared = { n: 1n };
    expect(await evaluate('x[1] is x and x[1][0]', loop)).toBe(-0);
    expect(await evaluate('x[0] is x[1]', [shared, shared])).toBe(true);
  });

  it('converts results to JavaScript values', async () => {
    const results: [string, unknown][] = [
      ['1', 1], ['-0.0', -0], ['2**53 - 1', 2 ** 53 - 1], ['2**53', 2n ** 53n], ['-10**30', -(10n ** 30n)], ['1.5', 1.5],
      ['float("nan")', NaN], ['float("-inf")', -Infinity], ['"é💩"', 'é💩'], ['True', true], ['None', null],
      ['[1, None, (2, 3), 2**64]', [1, null, [2, 3], 2n ** 64n]], ['{"a": {"b": None}}', { a: { b: null } }],
      ['{1: None, "b": 2}', new Map<unknown, unknown>([[1, null], ['b', 2]])], ['{}', {}], ['{1, 2}', new Set([1, 2])], ['{None}', new Set([null])],
      ['frozenset([1])', new Set([1])], ['b"a\\x00"', new Uint8Array([97, 0])], ['bytearray(b"a")', new Uint8Array([97])],
      ['__import__("array").array("d", [1, 2])', new Float64Array([1, 2])], ['memoryview(b"abcd")[::2]', new Uint8Array([97, 99])],
      ['[b"x", {"k": bytearray(2)}]', [new Uint8Array([120]), { k: new Uint8Array(2) }]], ['{"__proto__": 1}', JSON.parse('{"__proto__": 1}')],
      ['__import__("datetime").datetime(1970, 1, 1, 0, 0, 1)', new Date(1000)],
      ['[__import__("datetime").datetime(1970, 1, 1, tzinfo=__import__("datetime").timezone.utc)]', [new Date(0)]],
      ['__import__("collections").OrderedDict(a=1)', { a: 1 }], ['__import__("collections").namedtuple("P", "x y")(1, 2)', [1, 2]],
    ]; // prettier-ignore
    expect(await sandbox.run(results.map(([code]) => [code, null]))).toEqual(
      results.map(([, value]) => value),
    );
  });

  it('returns an unchanged datum unchanged', async () => {
    const data = [
      [1, 'a', null, { b: [new Uint8Array([1]), true] }],
      new Map([[1, 2]]),
      { deep: { er: [1.5, -0] } },
    ];
    expect(await sandbox.run(data.map((x) => ['x', x]))).toEqual(data);
  });

  it('refuses a result of an unsupported type, with its path and Python type', async () => {
    const odd: [string, string, string][] = [
      ['object()', '$', 'object'], ['[1, {"a": 1j}]', '$[1].a', 'complex'], ['(_ for _ in [])', '$', 'generator'],
      ['{(1, 2): 3}', '$<key 0>', 'tuple'], ['lambda: 1', '$', 'function'], ['[range(3)]', '$[0]', 'range'],
      ['{"a b": {1: int}}', "$['a b'][1]", 'type'], ['__import__("decimal").Decimal(1)', '$', 'Decimal'],
    ]; // prettier-ignore
    const outcomes = await sandbox.run(odd.map(([code]) => [code, null]));
    expect(outcomes).toMatchObject(
      odd.map(([, path, type]) => ({ code: 'RESULT_NOT_CLONEABLE', info: { path, type } })),
    );
  });

  it('reports exceptions with type, message and a traceback of the user files', async () => {
    const before = sandbox.of('console').length;
    const zero = await sandbox.failure(['1 / x', 0]);
    expect(zero).toMatchObject({ name: 'ZeroDivisionError', message: 'division by zero' });
    expect(zero.stack).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "work-function.py", line 12, in work\n/,
    );
    expect(zero.stack).toMatch(/job-code\.py", line 1, in <module>\nZeroDivisionError: division by zero$/);
    expect(zero.stack).toContain('return helper(datum[1], datum[0])');
    expect(zero.stack).not.toContain('<manyhands>');
    const chained = await sandbox.failure([
      'try:\n  {}["k"]\nexcept KeyError as e:\n  raise ValueError("bad", 2) from e\n',
      0,
    ]);
    expect(chained).toMatchObject({ name: 'ValueError', message: "('bad', 2)" });
    expect(chained.stack).toContain("KeyError: 'k'");
    expect(chained.stack).toContain('direct cause');
    expect(sandbox.of('console').length).toBe(before);
  });

  it('continues after unusual exceptions', async () => {
    const codes = [
      'class E(Exception):\n  def __str__(self): raise RuntimeError("no")\nraise E()\n',
      'raise ValueError("m" * 1000000)\n', 'import sys\nsys.exit(3)\n', 'raise KeyboardInterrupt\n',
      'def f(): return f()\nf()\n', 'input()\nr = 1\n', 'raise BaseExceptionGroup("g", [SystemExit(1)])\n',
      'bytearray(3 * 10**9)\nr = 1\n', 'import js\njs.eval("null.x")\n',
    ]; // prettier-ignore
    const outcomes = (await sandbox.run(codes.map((code) => [code, 0]))) as (Error & { code?: unknown })[];
    expect(outcomes.map((o) => o.name)).toEqual([
      'E', 'ValueError', 'SystemExit', 'KeyboardInterrupt', 'RecursionError', 'EOFError', 'BaseExceptionGroup',
      expect.stringMatching(/OverflowError|MemoryError/), 'JsException',
    ]); // prettier-ignore
    expect(outcomes[2]!.code).toBe(3);
    expect(outcomes[1]!.message.length).toBeLessThanOrEqual(16_384);
    expect(await evaluate('1 + 1')).toBe(2);
  });

  it('forwards print to the console line by line, the last line at the end of the slice', async () => {
    const before = sandbox.messages.length;
    await sandbox.run([
      ['print("a", 1)\nprint("b\\nc", end="")\nimport sys\nprint("wrong", file=sys.stderr)\n', 0],
      [
        'print("", end="")\nsys = __import__("sys")\nsys.stdout.buffer.write("é\\n".encode())\n__import__("warnings").warn("w")\n',
        0,
      ],
    ]);
    const lines = sandbox.messages
      .slice(before)
      .flatMap((m) => (m.type === 'console' ? [`${m.sliceNumber} ${m.level} ${m.message}`] : []));
    expect(lines.slice(0, 5)).toEqual(['1 log a 1', '1 log b', '1 error wrong', '1 log c', '2 log é']);
    expect(lines[5]).toMatch(/^2 error .*UserWarning: w/);
  });

  it('has the module manyhands, and its alias dcp', async () => {
    const before = sandbox.messages.length;
    const code = `
import manyhands, dcp, time
manyhands.console.warn('careful', 2)
time.sleep(0.11)
r = [manyhands.progress(0.25), dcp.progress('x'), dcp.progress(), manyhands.job.id, manyhands.job.public.name]
`;
    expect(await evaluate(code)).toEqual([true, true, true, 'an id', 'A job']);
    const said = sandbox.messages.slice(before);
    expect(said).toContainEqual({ type: 'console', sliceNumber: 1, level: 'warn', message: 'careful 2' });
    expect(said).toContainEqual({ type: 'progress', sliceNumber: 1, progress: 0.25 });
  });

  it('has the files at their paths, imports modules from them, and has the directory and the environment variables', async () => {
    expect(await evaluate('[open("in.txt").read(), open("/data/in.txt", "rb").read(), __import__("os").getcwd()]')).toEqual([
      'grüß', new TextEncoder().encode('grüß'), '/data',
    ]); // prettier-ignore
    expect(await evaluate('__import__("helper").triple(x)', 5)).toBe(15);
    expect(await evaluate('[__import__("os").environ[k] for k in ("GREETING", "HOME")]')).toEqual([
      'hello',
      '/home/pyodide',
    ]);
    expect(await sandbox.failure(['open("none.txt")', 0])).toMatchObject({ name: 'FileNotFoundError' });
  });

  it('has the standard library, and no network access', async () => {
    const code =
      'import json, re, math, random, hashlib, datetime, statistics, itertools, os\nr = [json.loads("[1]"), math.sqrt(4), len(os.urandom(4))]\n';
    expect(await evaluate(code)).toEqual([[1], 2, 4]);
    const fetchers = ['import urllib.request\nurllib.request.urlopen("http://127.0.0.1:9/")\n', 'import js\njs.fetch("http://127.0.0.1:9/")\n',
      'import pyodide.http\npyodide.http.open_url("http://127.0.0.1:9/")\n', 'import js\njs.process.exit()\n']; // prettier-ignore
    expect((await sandbox.run(fetchers.map((text) => [text, 0]))).every((o) => o instanceof Error)).toBe(
      true,
    );
  });
}

function jobTests(start: StartSandbox): void {
  it('computes many cheap slices with the same results as one by one', async () => {
    const source = `
import asyncio
seen = []

def work(d):
    i = d['i']
    if i % 50 == 7:
        raise LookupError(i)
    if i % 50 == 8:
        print('slice', i)
        print('again', i, end='')
    if i % 50 == 9:
        return {'i': {i: 1j}} if d.get('odd') else {'i': -0.0, 'n': 2**60, 'none': None, 't': 'x' * i}
    if d.get('late'):
        return asyncio.sleep(0.001, {'late': i})
    if d.get('shared'):
        seen.append(i)
        return seen
    return d if i % 2 else [i, d['z'], None, True]
`;
    const sandbox = await start({ worktime: 'pyodide', source });
    const shown = (n: number, more: object = {}): object[] =>
      Array.from({ length: n }, (_, i) => ({ i, z: i % 3 === 0 ? -0 : 2n ** 70n, ...more }));
    const plain = await sandbox.run(shown(600));
    plain.forEach((outcome, i) => {
      if (i % 50 === 7) expect(outcome).toMatchObject({ name: 'LookupError', message: String(i) });
      else if (i % 50 === 9) expect(outcome).toEqual({ i: -0, n: 2n ** 60n, none: null, t: 'x'.repeat(i) });
      else if (i % 2) expect(outcome).toEqual({ i, z: i % 3 === 0 ? -0 : 2n ** 70n });
      else expect(outcome).toEqual([i, i % 3 === 0 ? -0 : 2n ** 70n, null, true]);
    });
    const failed = plain[507] as Error;
    expect(failed.stack).toMatch(/^Traceback.*\n {2}File "work-function.py", line 8, in work\n/);
    expect(failed.stack).not.toContain('<manyhands>');
    const said = sandbox.of('console').map((m) => [m.sliceNumber, m.message]);
    const expected = Array.from({ length: 12 }, (_, n) => 50 * n + 8);
    expect(said).toEqual(expected.flatMap((i) => [[i + 1, `slice ${i}`], [i + 1, `again ${i}`]])); // prettier-ignore
    const odd = await sandbox.run(shown(120, { odd: true }));
    expect(odd[109]).toMatchObject({
      code: 'RESULT_NOT_CLONEABLE',
      info: { path: '$.i[109]', type: 'complex' },
    });
    expect(odd[110]).toEqual([110, 2n ** 70n, null, true]);
    // What a later slice changes is as it was when its slice ended.
    const shared = await sandbox.run(shown(5).map((one, i) => ({ ...one, i, shared: true })));
    expect(shared).toEqual([[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]);
  });

  it.each(['late', 'shared'])('leaves the fast loop when results are %s', async (how) => {
    const source = `
import asyncio
seen = []

def work(d):
    if d['how'] == 'late':
        return asyncio.sleep(0, {'late': d['i']})
    seen.append(d['i'])
    return seen if len(seen) > 40 else {'n': len(seen)}
`;
    const sandbox = await start({ worktime: 'pyodide', source });
    const outcomes = await sandbox.run(Array.from({ length: 100 }, (_, i) => ({ i, how })));
    outcomes.forEach((outcome, i) => {
      if (how === 'late') expect(outcome).toEqual({ late: i });
      else if (i < 40) expect(outcome).toEqual({ n: i + 1 });
      else expect(outcome).toEqual(Array.from({ length: i + 1 }, (_, k) => k));
    });
  });

  it('passes the arguments after the datum as Python values, also to an async def', async () => {
    const source = `
      import asyncio

      async def f(x, *args):
          await asyncio.sleep(0.001)
          if x == 'raise':
              raise LookupError(x)
          return [x, [(type(a).__name__, a) for a in args]]
    `;
    const args = [1, 2n, -0, new Uint8Array([1]), { a: null }];
    const sandbox = await start({ worktime: 'pyodide', source, args });
    const named = [
      ['int', 1],
      ['int', 2],
      ['float', -0],
      ['bytes', new Uint8Array([1])],
      ['dict', { a: null }],
    ];
    const [five, list, error] = await sandbox.run([5, [6], 'raise']);
    expect([five, list]).toEqual([
      [5, named],
      [[6], named],
    ]);
    expect(error).toMatchObject({ name: 'LookupError', message: 'raise' });
    expect((error as Error).stack).toMatch(/^Traceback.*\n {2}File "work-function.py", line 7, in f\n/);
  });

  it('imports a wheel from its files: from the zip file, unpacked by the job, and unpacked before', async () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const wheel = (name: string): Uint8Array =>
      zipSync({
        [`${name}/__init__.py`]: text('from .deep import double\n'),
        [`${name}/deep.py`]: text('def double(x):\n    return 2 * x\n'),
        [`${name}-1.0.dist-info/METADATA`]: text(`Name: ${name}\nVersion: 1.0\n`),
      });
    const bundle = {
      bytes: await bundleOf({
        '/data/zipped.whl': wheel('zipped'),
        '/data/unzipped.whl': wheel('unzipped'),
        '/data/plain/__init__.py': 'def double(x):\n    return 2 * x\n',
      }),
      cwd: '/data',
    };
    const source = `
import sys, zipfile
sys.path.insert(0, 'zipped.whl')
zipfile.ZipFile('unzipped.whl').extractall('/tmp/packages')
sys.path.insert(0, '/tmp/packages')
import zipped, unzipped, plain

def work(x):
    return [one.double(x) for one in (zipped, unzipped, plain)]
`;
    const sandbox = await start({ worktime: 'pyodide', source, bundle });
    expect(await sandbox.one(2)).toEqual([4, 4, 4]);
  });

  it('is refused with the position when its source does not parse', async () => {
    const error = await start({ worktime: 'pyodide', source: 'def f(x):\n    return x +\n' }).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
    expect((error as Error).message).toMatch(/SyntaxError: invalid syntax at work-function\.py:2:\d+/);
  });

  it('ends its sandbox when the interpreter crashes, without an outcome of the slice', async () => {
    const source = 'import ctypes\ndef f(x):\n    return ctypes.string_at(x) if x else 0\n';
    const sandbox = await start({ worktime: 'pyodide', source });
    expect(await sandbox.one(0)).toBe(0);
    sandbox.send([{ first: 2, input: { kind: 'range', start: 4e9, step: 1, count: 3 } }], true);
    expect(await sandbox.exited()).toMatch(/The sandbox broke: .*out of bounds/);
    expect(sandbox.of('outcomes').length).toBe(1);
  });
}
