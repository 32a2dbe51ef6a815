/**
 * What of Python's values and errors the worktime pyodide promises besides the usual, for any kind of sandbox. One
 * interpreter evaluates what it is sent.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SandboxFixture, StartSandbox } from './worktime-fixture.js';

/** Evaluates an expression with the datum as `x`, or executes a text that sets `r`. */
const EVALUATOR = `
def work(datum):
    code, x = datum
    names = {'x': x}
    if '\\n' in code:
        exec(compile(code, 'job-code.py', 'exec'), names)
        return names.get('r')
    return eval(compile(code, 'job-code.py', 'eval'), names)
`;

/** `isBrief`: what depends on the kind of sandbox most, for those that are slow to start. */
export function pythonValuesSuite(start: StartSandbox, isBrief = false): void {
  let sandbox: SandboxFixture;
  beforeAll(async () => {
    sandbox = await start({ worktime: 'pyodide', source: EVALUATOR, shared: true });
  });
  afterAll(() => sandbox.kill());
  const all = (cases: [string, unknown][]): Promise<unknown[]> => sandbox.run(cases);

  it('refuses a result that is nested too deeply, and accepts one within the limit', async () => {
    const nested = 'r = 1\nfor _ in range(x): r = [r]\n';
    const [fine, deep, deeper, dicts] = await all([
      [nested, 900],
      [nested, 1_500],
      [nested, 1_800],
      ['r = 1\nfor _ in range(x): r = {"a": (r,)}\n', 600],
    ]);
    let depth = 0;
    for (let at = fine; Array.isArray(at); at = at[0] as unknown) depth++;
    expect(depth).toBe(900);
    for (const one of [deep, deeper, dicts])
      expect(one).toMatchObject({ code: 'RESULT_TOO_LARGE', info: { limit: 'VALUE_DEPTH_MAX' } });
  });

  it('passes a value without a Python type as a JavaScript object', async () => {
    const data = [/a/g, new Error('x'), [/b/], { e: new TypeError('y') }];
    const code = 'type(x).__name__ if not isinstance(x, (list, dict)) else "in " + type(x).__name__';
    expect(await all(data.map((x) => [code, x]))).toEqual(['JsProxy', 'JsException', 'in list', 'in dict']);
    // For themselves, too.
    expect(await sandbox.run(Array.from({ length: 40 }, () => ['x', /a/g]))).toEqual(Array(40).fill(/a/g));
    expect((await sandbox.one(/whole/)) as Error).toMatchObject({ name: 'TypeError' });
  });

  it('converts None to null, also as a key', async () => {
    expect(
      await all([
        ['{None: 1, 2: None}', 0],
        ['{None}', 0],
        ['{2**53 - 1: 1, None: 2}', 0],
      ]),
    ).toEqual([
      new Map<unknown, unknown>([[null, 1], [2, null]]), new Set([null]), new Map<unknown, unknown>([[2 ** 53 - 1, 1], [null, 2]]),
    ]); // prettier-ignore
  });

  it('reports the causes of exceptions, and the exceptions of a group', async () => {
    const [caused, group] = (await all([
      ['try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError("k") from e\n', 0],
      ['raise ExceptionGroup("both", [ValueError("a"), KeyError("b")])\n', 0],
    ])) as (Error & { errors: Error[] })[];
    expect(caused).toMatchObject({ name: 'KeyError', message: "'k'" });
    expect(caused!.cause).toMatchObject({ name: 'ZeroDivisionError', message: 'division by zero' });
    expect((caused!.cause as Error).stack).toMatch(/^Traceback/);
    expect(group).toMatchObject({ name: 'ExceptionGroup', message: 'both (2 sub-exceptions)' });
    expect(group).toBeInstanceOf(AggregateError);
    expect(group!.errors).toMatchObject([{ name: 'ValueError', message: 'a' }, { name: 'KeyError' }]);
  });
  if (isBrief) return;

  it('refuses a result that cannot leave Python with code, path, type and the supported types', async () => {
    const odd: [string, string, string, string][] = [
      ['{"a": {(1, 2)}}', '$.a<item 0>', 'tuple', 'list(x)'], ['[{b"x"}]', '$[0]<item 0>', 'bytes', 'list(x)'],
      ['__import__("array").array("w", "h")', '$', 'array', 'x.tounicode()'], ['{(1, 2): 3}', '$<key 0>', 'tuple', 'list(x.items())'],
      ['{b"k": 3}', '$<key 0>', 'bytes', 'list(x.items())'], ['__import__("decimal").Decimal(1)', '$', 'Decimal', 'str(x)'],
      ['[1j]', '$[0]', 'complex', '[x.real, x.imag]'], ['__import__("fractions").Fraction(1, 2)', '$', 'Fraction', 'x.numerator'],
      ['__import__("datetime").date(2020, 1, 1)', '$', 'date', 'x.isoformat()'], ['__import__("datetime").time(1)', '$', 'time', 'x.isoformat()'],
      ['__import__("datetime").timedelta(1)', '$', 'timedelta', 'x.total_seconds()'], ['__import__("enum").Enum("E", "A").A', '$', 'E', 'x.value'],
      ['__import__("dataclasses").make_dataclass("P", ["x"])(1)', '$', 'P', 'dataclasses.asdict(x)'], ['range(3)', '$', 'range', 'list(x)'],
      ['__import__("collections").deque()', '$', 'deque', 'list(x)'], ['__import__("uuid").uuid4()', '$', 'UUID', 'str(x)'],
      ['__import__("pathlib").Path("a")', '$', 'PosixPath', 'str(x)'], ['(_ for _ in [])', '$', 'generator', 'list(x)'],
      ['{}.keys()', '$', 'dict_keys', 'list(x)'], ['{}.items()', '$', 'dict_items', 'list(x)'], ['object()', '$', 'object', 'return plain data'],
    ]; // prettier-ignore
    const outcomes = (await sandbox.run(odd.map(([code]) => [code, null]))) as Error[];
    expect(outcomes).toMatchObject(
      odd.map(([, path, type]) => ({ code: 'RESULT_NOT_CLONEABLE', info: { path, type } })),
    );
    outcomes.forEach((one, i) => expect(one.message).toContain(odd[i]![3]));
  });

  it('refuses a datum that cannot enter Python with code, path and type, alone and among many', async () => {
    const far = new Date(8.64e15);
    const data: [unknown, string, string][] = [
      [new Map([[[1], 2]]), '$[1]<key 0>', 'Array'],
      [{ a: [new Set([{}])] }, '$[1].a[0]<item 0>', 'Object'],
      [new Map([[1, far]]), '$[1]<value 0>', 'Date'],
      [[new Date(NaN)], '$[1][0]', 'Date'],
      [new Map([[new Uint8Array(1), 1]]), '$[1]<key 0>', 'Uint8Array'],
    ];
    const refused = data.map(([, path, type]) => ({ code: 'VALUE_NOT_CLONEABLE', info: { path, type } }));
    expect(await sandbox.run(data.map(([x]) => ['x', x]))).toMatchObject(refused);
    const many = await sandbox.run(Array.from({ length: 60 }, (_, i) => ['x', i === 50 ? far : i]));
    expect(many[50]).toMatchObject({ code: 'VALUE_NOT_CLONEABLE', info: { path: '$[1]' } });
    expect(many[51]).toBe(51);
    const start2 = start({
      worktime: 'pyodide',
      source: 'def f(x, a): return x',
      args: [new Map([[[1], 2]])],
    });
    await expect(start2).rejects.toMatchObject({
      code: 'WORK_FUNCTION_INVALID',
      info: { path: '$[0]<key 0>' },
    });
  });

  it('runs asyncio.run to completion, with tasks and sleep', async () => {
    const [sum, failed, stuck, nested] = await all([
      ['import asyncio\nasync def c(n):\n  await asyncio.sleep(n / 1000)\n  return n\nasync def m():\n  return sum(await asyncio.gather(*[c(i) for i in range(5)]))\nr = [asyncio.run(m()), asyncio.run(c(1))]\n', 0],
      ['import asyncio\nasync def c(): raise LookupError("in there")\nasyncio.run(c())\n', 0],
      ['import asyncio\nasync def c(): await asyncio.Event().wait()\nasyncio.run(c())\n', 0],
      ['import asyncio\nasync def c(): return 5\nasync def m(): return asyncio.run(c())\nr = m()\n', 0],
    ]); // prettier-ignore
    expect(sum).toEqual([10, 1]);
    expect(failed).toMatchObject({ name: 'LookupError', message: 'in there' });
    expect(stuck).toMatchObject({
      name: 'RuntimeError',
      message: expect.stringContaining('every task waits for another') as string,
    });
    expect(nested).toMatchObject({ name: 'RuntimeError', message: expect.stringContaining('await the coroutine') as string }); // prettier-ignore
  });

  it('shows only frames of the job and of Python in tracebacks, also in those of causes', async () => {
    const loud = 'class Loud:\n  def __str__(self): raise ValueError("loud")\n';
    const outcomes = (await all([
      ['import js\njs.jobfs.readFile("nothing")\n', 0],
      [`${loud}import manyhands\nmanyhands.console.log(Loud())\n`, 0],
      ['import asyncio\nasync def c(): raise ValueError("loud")\nasyncio.run(c())\n', 0],
      [`${loud}import manyhands\ntry: manyhands.console.log(Loud())\nexcept ValueError as e: raise KeyError("k") from e\n`, 0],
      [`${loud}import js, manyhands\ntry: js.jobfs.readFile("nothing")\nexcept Exception: manyhands.console.log(Loud())\n`, 0],
      [`${loud}import manyhands\ntry: manyhands.console.log(Loud())\nexcept ValueError as e: raise ExceptionGroup("g", [e])\n`, 0],
    ])) as Error[]; // prettier-ignore
    for (const { stack } of outcomes) {
      const files = [...stack!.matchAll(/File "([^"]*)"/g)].map(([, file]) => file!);
      expect(files, stack).toEqual(expect.arrayContaining(['work-function.py', 'job-code.py']));
      const others = files.filter((file) => !/^(work-function\.py|job-code\.py|\/lib\/python.*)$/.test(file));
      expect(others, stack).toEqual([]);
    }
    expect(outcomes.slice(1).every(({ stack }) => stack!.includes('ValueError: loud'))).toBe(true);
  });

  it('reports for a missing module what the job can do', async () => {
    const [numpy, tk] = (await all([
      ['import numpy\n', 0],
      ['import tkinter\n', 0],
    ])) as Error[];
    expect(numpy).toMatchObject({ name: 'ModuleNotFoundError' });
    for (const text of [numpy!.message, numpy!.stack]) {
      expect(text).toContain("No module named 'numpy'");
      expect(text).toContain("job.modules = ['numpy']");
      expect(text).not.toMatch(/micropip|pyodide\.org/);
    }
    expect(tk!.message).toContain('no such part of the standard library');
  });

  it('has its own name in sys.argv, and its directory in PWD', async () => {
    expect(await sandbox.one(['__import__("sys").argv', 0])).toEqual(['work-function.py']);
    expect(await sandbox.one(['[__import__("os").environ["PWD"], __import__("os").getcwd()]', 0])).toEqual(
      Array(2).fill('/home/pyodide'),
    );
  });

  it('ends an endless recursion in time, whatever recursion limit the job sets', async () => {
    const code = 'import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 1 + f(n + 1)\nf(0)\n';
    const error = await sandbox.failure([code, 0]);
    expect(error.name).toMatch(/RecursionError|MemoryError/);
    expect(error.stack!.length).toBeLessThan(20_000);
    expect(await sandbox.one(['1 + 1', 0])).toBe(2);
  }, 60_000);
}
