/**
 * Checks of the tables "The handle", "Payment and queries", "Wallet" and "Bifrost2".
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import * as manyhands from 'manyhands';
import { attach, compute, compute_for, computeFor } from 'manyhands';
import { Keystore, wallet } from 'manyhands/wallet';
import { codeOf, expectAbsent, type Checks } from './rows.js';

const double = (n: number): number => 2 * n;
const UNKNOWN_ID = 'A'.repeat(22);

export const HANDLE: Checks = {
  '`job.exec(offer, keystore)`': async () => {
    expect([...(await computeFor([1, 2], double).exec(0))]).toEqual([2, 4]);
  },
  '`exec` twice': async () => {
    const job = computeFor([1], double);
    await job.exec();
    expect(await codeOf(() => job.exec())).toBe('JOB_STATE');
  },
  '`job.localExec(cores)`': async () => {
    const job = computeFor([3], double);
    expect([...(await job.localExec(1))]).toEqual([6]);
    expect(await codeOf(() => compute.status(job.id))).toBe('JOB_UNKNOWN');
  },
  '`job.on`, `once`, `off`, `addEventListener` …': async () => {
    const calls: number[] = [];
    const job = computeFor([1], double);
    job.addEventListener('RESULT', () => {
      calls.push(1);
      return false;
    });
    job.once('result', () => void calls.push(2));
    const removed = (): void => void calls.push(3);
    job.on('result', removed).off('result', removed);
    await job.exec();
    expect(calls).toEqual([1, 2]);
  },
  '`job.cancel(reason)`, `compute.cancel(id, keystore, reason)`': async () => {
    const job = computeFor([1], double);
    await job.cancel('not needed');
    expect(job.status.runStatus).toBe('cancelled');
    const open = computeFor([1], double);
    open.autoClose = false;
    const cancelled = await compute.cancel(await open.deploy(), await wallet.get(), 'enough');
    expect(cancelled).toMatchObject({ runStatus: 'cancelled', reason: 'enough' });
  },
  '`job.resume()`, `compute.resume(id)`': () => {
    expectAbsent(compute, 'resume');
    const job = computeFor([1], double);
    expectAbsent(job, 'resume');
    expect(job.topUp).toBeTypeOf('function');
  },
  '`job.setSlicePaymentOffer`, `job.setPaymentAccountKeystore`': async () => {
    const job = computeFor([1], double);
    job.setSlicePaymentOffer(0);
    job.setPaymentAccountKeystore(await wallet.get());
    await job.exec();
    expect(await codeOf(() => job.setSlicePaymentOffer(1))).toBe('JOB_STATE');
  },
  '`job.setResultStorage(url)`': () => expectAbsent(computeFor([1], double), 'setResultStorage'),
  '`job.close()`, `job.autoClose`': async () => {
    const job = computeFor([1], double);
    job.autoClose = false;
    await job.deploy();
    await job.close();
    expect([...(await job.wait())]).toEqual([2]);
  },
  '`job.getJobInfo()`, `compute.getJobInfo(id)`': async () => {
    const job = computeFor([1], double);
    await job.exec();
    expect(await job.getJobInfo()).toMatchObject({ runStatus: 'finished' });
    expect(await codeOf(() => compute.getJobInfo(UNKNOWN_ID))).toBe('JOB_UNKNOWN');
  },
  '`job.ref()`, `job.unref()`': () => expectAbsent(computeFor([1], double), 'ref', 'unref'),
  '`job.id`, `job.address`': () => {
    const job = computeFor([1], double);
    expect(job.id).toHaveLength(22);
    expectAbsent(job, 'address');
  },
  '`job.public`': () => {
    expect(computeFor([1], double).public).toEqual({ name: null, description: null, link: null });
  },
  '`job.computeGroups`': async () => {
    const job = computeFor([1], double);
    expect(job.computeGroups).toEqual([{ joinKey: 'public' }]);
    job.computeGroups.push({ joinKey: 'lab', joinSecret: 'hush' });
    expect([...(await job.exec())]).toEqual([2]);
    const other = computeFor([1], double);
    other.computeGroups = [{ joinKey: 'lab', joinKeystore: {} } as never];
    expect(await codeOf(() => other.deploy())).toBe('UNKNOWN_OPTION');
  },
  '`job.requirements`': () => expectAbsent(computeFor([1], double), 'requirements'),
  '`job.worktime`, `worktimeVersion`, `customWorktime`': async () => {
    const job = computeFor([1], double);
    expect(job.worktime).toBe('map-basic');
    job.worktimeVersion = '^9.0.0';
    expect(await codeOf(() => job.deploy())).toBe('WORKTIME_UNKNOWN');
    expect(job.customWorktime).toBeUndefined();
  },
  '`job.collateResults`': async () => {
    const job = computeFor([1], double);
    job.collateResults = false;
    const events: number[] = [];
    job.on('result', ({ result }) => events.push(result));
    const results = await job.exec();
    expect([events, results.isAvailable(0)]).toEqual([[2], false]);
  },
  '`job.workerConsole`, `estimationSlices`, `greedyEstimation`': () => {
    expectAbsent(computeFor([1], double), 'workerConsole', 'estimationSlices', 'greedyEstimation');
  },
  '`job.status`': async () => {
    const job = computeFor([1], double);
    await job.exec();
    const status = JSON.parse(JSON.stringify(job.status)) as object;
    expect(status).toMatchObject({ runStatus: 'finished', total: 1, distributed: 1, computed: 1, failed: 0 });
  },
  '`dcpConfig`, `DCP_SCHEDULER_LOCATION`': () => {
    expectAbsent(globalThis, 'dcpConfig');
    expect(manyhands.init).toBeTypeOf('function');
  },
  'a number as `slicePaymentOffer`': async () => {
    expect(await codeOf(() => computeFor([1], double).exec(0.5))).toBe('OFFER_UNDERFUNDED');
    expect(await codeOf(() => computeFor([1], double).exec(0.1 + 0.2))).toBe('INVALID_ARGUMENT');
  },
  '`{ maxPerRequest }`': async () => {
    expect([...(await computeFor([1], double).exec({ maxPerRequest: 0 }))]).toEqual([2]);
    const job = computeFor([1], double);
    expect(await codeOf(() => job.exec({ maxPerRequest: 0.5 }))).toBe('OFFER_UNDERFUNDED');
  },
  '`compute.marketValue`, `calculateSlicePayment`': () => {
    expectAbsent(compute, 'marketValue', 'calculateSlicePayment');
  },
  '`compute.status(id)`': async () => {
    expect(await codeOf(() => compute.status(UNKNOWN_ID))).toBe('JOB_UNKNOWN');
  },
  '`compute.status({ startTime, endTime, statuses })`': async () => {
    const job = computeFor([1], double);
    job.tags = ['last'];
    await job.exec();
    const { jobs } = await compute.list({ tag: 'last', limit: 1 });
    expect(jobs.map(({ jobId }) => jobId)).toEqual([job.id]);
  },
  '`getPublicComputeGroupId()`': () => expectAbsent(compute, 'getPublicComputeGroupId'),
  '`compute_for(…)`': () => {
    expect(compute_for).toBe(computeFor);
    const job = computeFor([1], 'def double(n):\n    return 2 * n');
    job.worktime = 'pyodide';
    expect(job.worktime).toBe('pyodide');
  },
  '`job.exec()`, then `job.wait()`': async () => {
    const id = await computeFor([1], double).deploy();
    const job = await attach(id);
    expect([...(await job.wait())]).toEqual([2]);
    expect([...(await job.wait())]).toEqual([2]);
  },
  '`job.fs = JobFS()`': () => {
    const { fs } = computeFor([1], double);
    for (const name of ['add', 'mkdir', 'chdir', 'ls', 'tree', 'cat'] as const)
      expect(fs[name]).toBeTypeOf('function');
  },
  '`job.modules = […]`': () => {
    const job = computeFor([1], 'def double(n):\n    return 2 * n');
    job.modules = ['numpy'];
    expect(job.modules).toEqual(['numpy']);
  },
  '`job.env = { … }`': async () => {
    const job = computeFor([1], '() => Object.keys(work.env)');
    job.env = { A: '1', B: '2' };
    expect([...(await job.exec())]).toEqual([['A', 'B']]);
  },
  '`dcp.set_slice_handler(f)`': () => {
    // A start of Python takes longer than all other rows: src/worktimes/pyodide/harness.test.ts calls what it is given.
    const tested = readFileSync('src/worktimes/pyodide/harness.test.ts', 'utf8');
    expect(tested).toContain("'what dcp.set_slice_handler is given':");
  },
  '`job.serializers`': () => expectAbsent(computeFor([1], double), 'serializers'),
  'a decorator `@dcp.distribute`': () => expectAbsent(manyhands, 'distribute'),
};

export const WALLET: Checks = {
  '`wallet.get()`, `get(name)`, `wallet.getId()`': async () => {
    expect((await wallet.getId()).address).not.toBe((await wallet.get()).address);
    expect((await wallet.get('default')).address).toBe((await wallet.get()).address);
  },
  '`wallet.add(keystore, name)`': async () => {
    const keystore = await Keystore.create();
    await wallet.add(keystore, 'added');
    expect((await wallet.get('added')).address).toBe(keystore.address);
    await wallet.remove('added');
  },
  '`new Keystore(…)`': async () => {
    const keystore = await Keystore.create();
    expect(JSON.parse(JSON.stringify(keystore))).toMatchObject({ version: 3 });
    expect(Keystore.fromJSON(JSON.stringify(keystore)).address).toBe(keystore.address);
  },
  '`unlock(passphrase, seconds)`, `lock()`': async () => {
    const keystore = await Keystore.create({ passphrase: 'correct horse' });
    keystore.lock();
    expect(await codeOf(() => keystore.unlock('battery staple'))).toBe('KEYSTORE_PASSPHRASE');
    await keystore.unlock('correct horse', 60);
    expect(keystore.isUnlocked).toBe(true);
  },
  '`wallet.passphrasePrompt`': () => {
    expect('passphrasePrompt' in wallet).toBe(true);
  },
};
