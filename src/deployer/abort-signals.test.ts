import { expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../testing/deployer/deployer-fixture.js';

const aborted = { signal: AbortSignal.abort() };
const inTime = { signal: AbortSignal.timeout(0) };

it('every call that waits for the scheduler ends when its signal aborts', async () => {
  const { deployer } = createDeployerFixture();
  const work = (x: number): number => x;
  const open = deployer.computeFor([1], work);
  open.autoClose = false;
  const id = await open.deploy();
  const { compute } = deployer;
  const calls: Record<string, (options: typeof aborted) => Promise<unknown>> = {
    exec: (options) => deployer.computeFor([1], work).exec(options),
    deploy: (options) => deployer.computeFor([1], work).deploy(options),
    map: (options) => deployer.map([1], work, [], options),
    until: (options) => deployer.computeFor([1], work).until(() => true, options),
    wait: (options) => open.wait(options),
    asCompleted: (options) => open.asCompleted(options).next(),
    stream: (options) => open.results.stream(options).next(),
    fetch: (options) => open.results.fetch([1, 1], options),
    lookup: (options) => open.results.lookup(1, options),
    addSlices: (options) => open.addSlices([2], options),
    resumeInput: (options) => open.resumeInput([1, 2], options),
    retry: (options) => open.retry('failed', options),
    'cancel of a range': (options) => open.cancel('', { range: [1, 1], ...options }),
    close: (options) => open.close(options),
    topUp: (options) => open.topUp(1, undefined, options),
    cancel: (options) => open.cancel('', options),
    attach: (options) => deployer.attach(id, options),
    'addSlices of an id': (options) => deployer.addSlices([2], id, options),
    fetchResults: (options) => deployer.fetchResults(id, undefined, options),
    getAccount: (options) => deployer.getAccount(undefined, options),
    'compute.status': (options) => compute.status(id, options),
    'compute.getJobInfo': (options) => compute.getJobInfo(id, options),
    'compute.list': (options) => compute.list(options),
    'compute.cancel': (options) => compute.cancel(id, 'reason', options),
    'compute.cancel with a keystore': (options) => compute.cancel(id, undefined, 'reason', options),
  };
  await waitUntil(() => inTime.signal.aborted);
  for (const [name, call] of Object.entries(calls)) {
    await expect(call(aborted), name).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(call(inTime), name).rejects.toMatchObject({ code: 'TIMEOUT' });
    const noSignal = { signal: 'now' as unknown as AbortSignal };
    await expect(call(noSignal), name).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  expect(await compute.status(id)).toMatchObject({ runStatus: 'running', open: true });
  await open.cancel();
});
