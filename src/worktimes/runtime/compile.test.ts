import { expect, it } from 'vitest';
import { compileModule, type CompileEnv } from './compile.js';

const env: CompileEnv = {
  evaluate: () => undefined,
  // As in a thread: the error of the engine contains the URL.
  importModule: async (source) => {
    const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
    return (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
  },
};

it('the error of a module with imports says what to do, and does not contain the percent-encoded source', async () => {
  const source = "import { gzip } from './fflate.js';\nexport default (x) => gzip('it is', x);";
  const error = await compileModule(source, env).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
  expect((error as Error).message).toContain('bundle what it needs into it');
  expect((error as Error).message).not.toMatch(/%20|data:/);
  expect((error as Error).message.length).toBeLessThan(400);
});

it('the error of a module without imports does not mention bundling', async () => {
  const error = await compileModule('export default (x => x', env).catch(
    (thrown: unknown) => thrown as Error,
  );
  expect((error as Error).message).not.toContain('bundle');
});
