/**
 * The installed declarations: an application that uses them compiles, under both ways of resolving modules.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { tryRun } from './run.js';

const { folder } = inject('installed');

const APPLICATION = `
import { computeFor, isError, RangeObject } from 'manyhands';
import { wallet } from 'manyhands/wallet';
import { JobFS } from 'manyhands/jobfs';
import { Worker } from 'manyhands/worker';
import 'manyhands/work';

const job = computeFor([1, 2, 3], (x: number, by: number) => x * by, [10]);
job.on('result', ({ sliceNumber, result }) => {
  const number: number = sliceNumber;
  const product: number = result;
  return [number, product];
});
const results: ArrayLike<number> = await job.exec();
export const range = new RangeObject(1, 10);
export const worker: Worker = new Worker({ scheduler: 'http://localhost:8462' });
export const files = new JobFS();
export const keystore = await wallet.get();
export const failed = (e: unknown): boolean => isError(e, 'SLICES_FAILED') && e.info.failed > 0;
export { results };

// @ts-expect-error the work function takes a number
computeFor(['a'], (x: number) => x);
// @ts-expect-error there is no such code
isError(new Error(), 'NO_SUCH_CODE');
`;

const SERVER = `
import { openOperator, type Operator } from 'manyhands/operator';
import { startScheduler } from 'manyhands/scheduler';
const scheduler = await startScheduler({ port: 0 });
export const url: string = scheduler.url;
const operator: Operator = await openOperator({ scheduler: url, dataDir: '.' });
export const closed: Promise<void> = operator.close();
await scheduler.close();
`;

const COMMON = { target: 'ES2022', strict: true, noEmit: true, skipLibCheck: false };
const PAGE = { ...COMMON, lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'], types: [] };
const NODE = { ...PAGE, types: ['node'], typeRoots: [resolve('node_modules/@types')] };

/** The errors of the compiler for this file. */
async function compile(name: string, source: string, compilerOptions: object): Promise<string> {
  await writeFile(join(folder, `${name}.ts`), source);
  await writeFile(
    join(folder, `tsconfig.${name}.json`),
    JSON.stringify({ compilerOptions, files: [`${name}.ts`] }),
  );
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout } = await tryRun(process.execPath, [tsc, '-p', `tsconfig.${name}.json`], folder);
  return stdout;
}

describe('declarations', () => {
  it('resolve with the module resolution of bundlers', async () => {
    const options = { ...PAGE, module: 'ESNext', moduleResolution: 'bundler' };
    expect(await compile('bundler', APPLICATION, options)).toBe('');
  });

  it('resolve with the module resolution of Node', async () => {
    const options = { ...PAGE, module: 'Node16', moduleResolution: 'Node16' };
    expect(await compile('node16', APPLICATION, options)).toBe('');
  });

  it('of the scheduler resolve in a server program', async () => {
    const options = { ...NODE, module: 'Node16', moduleResolution: 'Node16' };
    expect(await compile('server', SERVER, options)).toBe('');
  });
});
