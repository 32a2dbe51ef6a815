/**
 * Arrays of numpy as data, arguments and results of slices: with their dtype and shape, in both directions.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';
import { pyodideWheels } from '../fixtures/pyodide-wheels.mjs';

const RELEASE = fileURLToPath(new URL('../../node_modules/pyodide-0.27', import.meta.url));
/** Evaluates an expression with the datum as `x` and the argument as `a`. */
const SOURCE = `
import numpy as np

def work(datum, a):
    code, x = datum
    return eval(code, {'np': np, 'x': x, 'a': a})
`;
/** The outcomes of the job below, in the order of CASES. */
const outcomes: unknown[] = [];
let cluster: Cluster;

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const matrix = { dtype: 'float64', shape: [2, 3], data: Float64Array.from(numbers(1, 6)) };
const CASES: { name: string; code: string; x?: unknown; result?: unknown; refused?: [string, string, string] }[] = [
  ...[
    Int8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  ].map((Class) => ({
    name: `${Class.name} is an array`, code: 'x * 2 if isinstance(x, np.ndarray) else None', x: Class.from([1, 2]), result: Class.from([2, 4]),
  })),
  ...[BigInt64Array, BigUint64Array].map((Class) => ({
    name: `${Class.name} is an array`, code: 'x * 2', x: Class.from([1n, 2n]), result: Class.from([2n, 4n]),
  })),
  { name: 'bytes stay bytes', code: '[type(x).__name__, np.frombuffer(x, "uint8") + 1]', x: Uint8Array.of(1), result: ['bytes', Uint8Array.of(2)] },
  { name: 'a matrix comes back', code: 'x', x: matrix, result: matrix },
  { name: 'a matrix is written to', code: '[x.shape, x.fill(7), x[0]]', x: matrix, result: [[2, 3], null, Float64Array.of(7, 7, 7)] },
  { name: 'items are in C order', code: 'x.T', x: matrix, result: { dtype: 'float64', shape: [3, 2], data: Float64Array.of(1, 4, 2, 5, 3, 6) } },
  { name: 'an argument is an array', code: 'a @ a.T', result: { dtype: 'float64', shape: [2, 2], data: Float64Array.of(14, 32, 32, 77) } },
  { name: 'within containers', code: '{"m": [x, {"row": x[1]}], "n": x.sum()}', x: matrix, result: { m: [matrix, { row: Float64Array.of(4, 5, 6) }], n: 21 } },
  { name: 'truth values', code: 'x ^ True', x: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }, result: { dtype: 'bool', shape: [3], data: Uint8Array.of(0, 1, 0) } },
  { name: 'complex numbers', code: 'x * 1j', x: { dtype: 'complex128', shape: [1], data: Float64Array.of(1, 2) }, result: { dtype: 'complex128', shape: [1], data: Float64Array.of(-2, 1) } },
  { name: 'an image', code: '255 - x', x: { dtype: 'uint8', shape: [1, 2, 1], data: Uint8Array.of(0, 250) }, result: { dtype: 'uint8', shape: [1, 2, 1], data: Uint8Array.of(255, 5) } },
  { name: 'no items', code: '[x, np.zeros(0)]', x: { dtype: 'int16', shape: [0, 3], data: new Int16Array(0) }, result: [{ dtype: 'int16', shape: [0, 3], data: new Int16Array(0) }, new Float64Array(0)] },
  { name: 'no dimension', code: 'np.array(5.5)', result: { dtype: 'float64', shape: [], data: Float64Array.of(5.5) } },
  { name: 'another byte order and steps', code: 'np.arange(6).astype(">i2")[::2]', result: Int16Array.of(0, 2, 4) },
  { name: 'scalars are numbers', code: '[np.int64(3), np.float32(1.5), np.bool_(True), {np.int8(1): np.uint8(2)}]', result: [3, 1.5, true, new Map([[1, 2]])] },
  { name: 'a list that holds itself', code: '(lambda l: [l.append(np.zeros(1)), l.append(l), l[1][1][0]][2])([])', result: Float64Array.of(0) },
  { name: 'a dict of another kind stays one', code: '[type(x).__name__, x["shape"]]', x: { ...matrix, shape: [7] }, result: ['dict', [7]] },
  { name: 'objects', code: '[np.array([{}])]', refused: ['$[0]', 'ndarray of object', 'x.tolist()'] },
  { name: 'dates', code: '{"t": np.array(["2020"], "M8[s]")}', refused: ['$.t', 'ndarray of datetime64[s]', "x.astype('int64')"] },
  { name: 'a date', code: '[np.datetime64("2020")]', refused: ['$[0]', 'datetime64', 'str(x)'] },
  { name: 'a complex number', code: 'np.complex64(1)', refused: ['$', 'complex64', '[float(x.real), float(x.imag)]'] },
  { name: 'half floats', code: 'np.zeros(1, "f2")', refused: ['$', 'ndarray of float16', "x.astype('float64')"] },
  { name: 'masks', code: 'np.ma.array([1, 2], mask=[0, 1])', refused: ['$', 'MaskedArray', 'x.filled()'] },
]; // prettier-ignore

beforeAll(async () => {
  const wheels = [await pyodideWheels(['numpy'])];
  cluster = await startCluster({ workers: 1, isolation: 'deno', worktimeFolders: [RELEASE], wheels });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
  const job = computeFor(
    CASES.map(({ code, x }) => [code, x ?? null]),
    SOURCE,
    [matrix],
  );
  job.worktime = 'pyodide';
  job.worktimeVersion = '~0.27';
  job.modules = 'numpy';
  job.limits.attempts = 1;
  for await (const { sliceNumber, result, error } of job.asCompleted())
    outcomes[sliceNumber - 1] = error ?? result;
}, 120_000);
afterAll(() => cluster.stop());

it.each(CASES.map((one, i) => ({ ...one, i })))('numpy: $name', ({ i, result, refused }) => {
  if (refused === undefined) return expect(outcomes[i]).toEqual(result);
  const [path, type, advice] = refused;
  expect(outcomes[i]).toMatchObject({ code: 'RESULT_NOT_CLONEABLE', info: { path, type } });
  expect((outcomes[i] as Error).message).toContain(advice);
});
