import { expect, it } from 'vitest';
import { compileModule, type CompilePlace } from './compile.js';

const place: CompilePlace = {
  evaluate: () => undefined,
  // As a thread does it: the engine's own error names the address.
  importModule: async (source) => {
    const address = `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
    return (await import(/* @vite-ignore */ address)) as Record<string, unknown>;
  },
};

it('says of a module that imports what to do, and does not print its source percent-encoded', async () => {
  const source = "import { gzip } from './fflate.js';\nexport default (x) => gzip('it is', x);";
  const error = await compileModule(source, place).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
  expect((error as Error).message).toContain('bundle what it needs into it');
  expect((error as Error).message).not.toMatch(/%20|data:/);
  expect((error as Error).message.length).toBeLessThan(400);
});

it('says nothing of imports where there are none', async () => {
  const error = await compileModule('export default (x => x', place).catch(
    (thrown: unknown) => thrown as Error,
  );
  expect((error as Error).message).not.toContain('bundle');
});
