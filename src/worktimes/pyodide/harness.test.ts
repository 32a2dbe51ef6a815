/**
 * Choosing the work function of a Python source, in a real interpreter.
 * @module
 */
import { loadPyodide } from 'pyodide';
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import { beforeAll, describe, expect, it } from 'vitest';
import { HARNESS, HARNESS_NAME } from './harness.js';

type Loaded = [PyCallable | undefined, string | undefined, string | undefined];

let load: (source: string) => Loaded;

beforeAll(async () => {
  const pyodide = await loadPyodide();
  const namespace = pyodide.toPy({ __name__: HARNESS_NAME }) as PyProxy & { get(name: string): unknown };
  pyodide.runPython(HARNESS, { globals: namespace, filename: HARNESS_NAME });
  const make = namespace.get('make') as PyCallable;
  const job = {
    env: {},
    cwd: '/home/pyodide',
    id: undefined,
    public: { name: '', description: '', link: '' },
  };
  load = (source) => {
    const harness = make({}) as PyProxy & { install(job: unknown): void; load(source: string): PyProxy };
    harness.install(job);
    return harness.load(source).toJs({ depth: 1 }) as Loaded;
  };
});

describe('the work function of a Python source', () => {
  const readings: Record<string, string> = {
    'one def': 'def add_one(x):\n    return x + 1\n',
    'a lambda': 'lambda x: x + 1',
    'a lambda behind imports': 'import math\nlambda x: math.floor(x) + 1',
    'an assigned lambda': 'add: object = lambda x: x + 1',
    'in an indented text': '\n    def add_one(x):\n        return x + 1\n    ',
    'work among others': 'def work(x):\n    return helper(x)\n\ndef helper(x):\n    return x + 1\n',
    'an assigned lambda behind helpers': 'def helper(x):\n    return x\n\nwork = lambda x: helper(x) + 1',
    'one that uses dcp without an import': 'def f(x):\n    return x + (1 if dcp.job is not None else 0)\n',
    decorated: 'import functools\n\n@functools.cache\ndef f(x):\n    return x + 1\n',
    'a def before other statements': 'def f(x):\n    return x + y\n\ny = 1\nprint(end="")\n',
    'a partial called work':
      'from functools import partial\ndef add(a, b):\n    return a + b\nwork = partial(add, 1)',
    'what dcp.set_slice_handler is given':
      'import dcp\ndef a(x):\n    return x + 1\ndef b(x):\n    return 0\ndcp.set_slice_handler(a)\n',
    'one that uses dataclasses and its own module':
      'import dataclasses, sys\n@dataclasses.dataclass\nclass P:\n    x: int\ndef f(x):\n    assert __name__ != "__main__"\n    return P(x).x + 1\n',
  };
  for (const [name, source] of Object.entries(readings)) {
    it(`is ${name}`, () => {
      const [fn, problem] = load(source);
      expect(problem).toBeUndefined();
      expect(fn!(1)).toBe(2);
    });
  }

  const refused: [string, string, RegExp, RegExp?][] = [
    [
      'broken text',
      'def f(x):\n    return x +\n',
      /^SyntaxError: invalid syntax$/,
      /^work-function\.py:2:\d+$/,
    ],
    ['broken indentation', 'def f(x):\nreturn x\n', /^IndentationError/, /^work-function\.py:2:/],
    ['a text with a NUL', 'def f(x): pass\0', /null byte/],
    ['nothing', '', /defines no function/],
    ['no function', 'x = 1', /defines no function/],
    ['a class', 'class Work:\n    pass\nwork = Work', /defines no function/],
    ['a class as an expression', 'int', /int is a class/],
    [
      'one of several that none names',
      'def helper(x):\n    return x\n\ndef main(x):\n    return helper(x) + 1\n',
      /^the source defines several functions \(helper, main\); name the one that is to be called `work`/,
    ],
    ['a generator', 'def f(x):\n    yield x\n', /f is a generator/],
    ['an async generator', 'async def f(x):\n    yield x\n', /f is a generator/],
    [
      'code that raises',
      'import math\n\nmath.no_such\ndef f(x): pass',
      /^AttributeError/,
      /^work-function\.py:3$/,
    ],
    [
      'an import of a package that is not there',
      'import numpy\ndef f(x): pass',
      /^ModuleNotFoundError: No module named 'numpy'\. .*set job\.modules = \['numpy'\]/,
      /^work-function\.py:1$/,
    ],
    ['code that exits', 'import sys\nsys.exit(1)', /^SystemExit: 1/, /^work-function\.py:2$/],
    ['an expression that is no function', '40 + 2', /type int, not a function/],
  ];
  for (const [name, source, message, where] of refused) {
    it(`is not ${name}`, () => {
      const [fn, problem, location] = load(source);
      expect(fn).toBeUndefined();
      expect(problem).toMatch(message);
      if (where !== undefined) expect(location).toMatch(where);
    });
  }
});
