import { startCluster } from '../tests/rig/cluster.mjs';
const n = Number(process.argv[2] ?? 1e6);
const cluster = await startCluster();
try {
  const { computeFor, init } = await import('../dist/entry/deployer.node.js');
  init({ scheduler: cluster.url });
  await computeFor([1, 2, 3], (x) => x * x).exec();
  for (let round = 0; round < 3; round++) {
    const data = Array.from({ length: n }, (_, i) => i);
    const started = performance.now();
    const job = computeFor(data, (x) => x * x);
    let seen = 0;
    job.on('result', () => {
      seen += 1;
    });
    const results = await job.exec();
    const ms = performance.now() - started;
    if (seen !== n || results[n - 1] !== (n - 1) ** 2) throw new Error('wrong');
    console.log(Math.round((n / ms) * 1000), 'slices/s');
  }
} finally {
  await cluster.stop();
}
