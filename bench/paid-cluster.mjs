/** A cluster whose owner has an account with credits, unlocked, and the signing library loaded. */
import { startCluster } from '../tests/fixtures/cluster.mjs';

const CREDITS = 1_000n * 10n ** 9n;

export async function startPaidCluster(options) {
  const cluster = await startCluster(options);
  const { openOperator } = await import('../dist/entry/operator.node.js');
  const { computeFor, init } = await import('../dist/entry/deployer.node.js');
  const { wallet } = await import('../dist/entry/wallet.node.js');
  const payer = await wallet.get();
  await payer.unlock('');
  const operator = await openOperator({ scheduler: cluster.url, token: cluster.operatorToken });
  await operator.mint(payer.address, CREDITS);
  await operator.close();
  init({ scheduler: cluster.url });
  // Runs a job first, so that connections are open and every worker has a sandbox.
  await computeFor(
    Array.from({ length: 1_000 }, (_, i) => i),
    (x) => x,
  ).exec(0.000_000_001, payer);
  return { ...cluster, payer, computeFor };
}
