// The whole system in one program: a scheduler, credits, a job with a signed offer, and a worker that earns them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeFor, getAccount, init } from 'manyhands';
import { openOperator } from 'manyhands/operator';
import { startScheduler } from 'manyhands/scheduler';
import { formatCredits, toUnits, wallet } from 'manyhands/wallet';
import { Worker } from 'manyhands/worker';

const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-example-'));
const scheduler = await startScheduler({ port: 0, dataDir });
init({ scheduler: scheduler.url });

// The operator credits the account that will pay.
const payer = await wallet.get();
const operator = await openOperator({ scheduler: scheduler.url, dataDir });
await operator.mint(payer.address, toUnits(10));
await operator.close();

// A worker that is paid to an account of its own.
const earner = `0x${'5'.repeat(40)}`;
const worker = new Worker({
  scheduler: scheduler.url,
  isolation: 'thread',
  cores: 1,
  paymentAddress: earner,
});
await worker.start();

// Half a credit a slice, signed with the payer's keystore.
const job = computeFor(['a', 'b', 'c', 'd'], (letter) => letter.repeat(3));
console.log([...(await job.exec(0.5, payer))].join(' '));

console.log('the payer has', formatCredits((await getAccount(payer.address)).balance));
console.log('the worker has', formatCredits((await getAccount(earner)).balance));

await worker.stop();
await scheduler.close();
await rm(dataDir, { recursive: true });
