/**
 * numpy, scipy, pandas, scikit-learn and Pillow in slices: with a release of Pyodide whose wheels can be had, in processes
 * without a network.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeFor, init } from '../../src/entry/deployer.node.js';
import { openWallet } from '../../src/entry/wallet.node.js';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';
import { pyodideWheels } from '../fixtures/pyodide-wheels.mjs';

const RELEASE = fileURLToPath(new URL('../../node_modules/pyodide-0.27', import.meta.url));
const PACKAGES = ['numpy', 'scipy', 'pandas', 'pillow', 'scikit-learn'];

let cluster: Cluster;
beforeAll(async () => {
  const wheels = [await pyodideWheels(PACKAGES)];
  cluster = await startCluster({ workers: 1, isolation: 'deno', worktimeFolders: [RELEASE], wheels });
  init({ scheduler: cluster.url, wallet: openWallet(cluster.home) });
});
afterAll(() => cluster.stop());

async function runPython(data: unknown[], modules: string[], source: string): Promise<unknown[]> {
  const job = computeFor<unknown>(data, source);
  job.worktime = 'pyodide';
  job.worktimeVersion = '~0.27';
  job.modules = modules;
  return [...(await job.exec())];
}

it('a slice computes with numpy', async () => {
  const source = `
import numpy as np

def work(n):
    a = np.arange(float(n * n)).reshape(n, n) + np.eye(n)
    return [float(np.linalg.det(a)), float(np.fft.fft(a).real.sum()), np.__version__]
`;
  expect(await runPython([2, 3], ['numpy'], source)).toEqual([
    [expect.closeTo(2, 10), expect.closeTo(6, 10), '2.0.2'],
    [expect.closeTo(-5, 10), expect.closeTo(30, 10), '2.0.2'],
  ]);
});

it('a slice uses scipy, pandas, Pillow and scikit-learn together', async () => {
  const source = `
def work(n):
    import io
    import numpy as np, pandas as pd, PIL.Image, scipy.linalg, scipy.stats
    from sklearn.linear_model import LinearRegression
    image = io.BytesIO()
    PIL.Image.new('RGB', (2, 2), 'red').save(image, 'PNG')
    fit = LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
    return {
        'det': float(scipy.linalg.det(np.array([[1.0, 2.0], [3.0, 4.0]]))),
        'median': float(scipy.stats.norm.cdf(0)),
        'sum': int(pd.DataFrame({'a': [1, 2, 3]}).a.sum()),
        'png': image.getvalue()[1:4],
        'slope': float(fit.coef_[0]),
    }
`;
  expect(await runPython([1], ['scipy', 'pandas', 'pillow', 'scikit-learn'], source)).toEqual([
    {
      det: expect.closeTo(-2, 10),
      median: 0.5,
      sum: 6,
      png: new TextEncoder().encode('PNG'),
      slope: expect.closeTo(2, 10),
    },
  ]);
});
