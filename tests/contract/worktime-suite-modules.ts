/**
 * What packages that a job ships promise, for any kind of sandbox: they are imported without a network, as Python imports
 * what is installed.
 * @module
 */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sampleWheel } from '../../src/testing/sample-wheel.js';
import type { StartSandbox } from './worktime-fixture.js';

const FILES = [
  sampleWheel({
    name: 'shapes',
    version: '2.1',
    files: {
      'shapes/__init__.py': 'from .area import area\n',
      'shapes/area.py': 'def area(x):\n    return x * x\n',
      'shapes/data/unit.txt': 'metres',
      'shapes/__main__.py': '',
      'shapes-2.1.data/purelib/shapes_extra.py': 'NAME = "extra"\n',
      'shapes-2.1.data/scripts/shapes': '#!python\n',
    },
  }),
  sampleWheel({ name: 'broken', files: { 'broken.py': 'raise ValueError("not today")\n' } }),
];
const modules = { files: Object.fromEntries(FILES.map(({ fileName, bytes }) => [fileName, bytes])) };

const SOURCE = `
import importlib.metadata, importlib.resources
import shapes

def work(x):
    if x == 'broken':
        import broken
    if x == 'missing':
        import sklearn
    import shapes_extra
    unit = importlib.resources.files('shapes').joinpath('data/unit.txt').read_text()
    return [shapes.area(x), unit, shapes_extra.NAME, importlib.metadata.version('shapes'), shapes.__file__]
`;

export function modulesSuite(start: StartSandbox): void {
  const job = { worktime: 'pyodide', source: SOURCE, sourceKind: 'module', modules } as const;

  describe('packages', () => {
    it('are imported, with their data and metadata', async () => {
      const sandbox = await start(job);
      const [first] = await sandbox.run([3]);
      expect(first).toEqual([
        9,
        'metres',
        'extra',
        '2.1',
        expect.stringMatching(/^\/lib\/python3\.\d+\/site-packages\/shapes\/__init__\.py$/),
      ]);
      expect(await sandbox.failure('broken')).toMatchObject({ name: 'ValueError', message: 'not today' });
      const missing = await sandbox.failure('missing');
      expect(missing.name).toBe('ModuleNotFoundError');
      expect(missing.message).toContain("set job.modules = ['scikit-learn']");
    });

    it('that are damaged are refused with a code before a slice runs', async () => {
      const damaged = { files: { 'a-1-py3-none-any.whl': new Uint8Array(100) } };
      await expect(start({ ...job, modules: damaged })).rejects.toMatchObject({
        code: 'JOBFS_MALFORMED',
        message: 'The package a-1-py3-none-any.whl cannot be read: it is no zip archive.',
      });
      const library = { files: { 'lib-1.zip': zipSync({ 'libx.so': new Uint8Array([0, 1, 2]) }) } };
      await expect(start({ ...job, modules: library })).rejects.toMatchObject({ code: 'ASSIGN_FAILED' });
    });
  });
}
