/**
 * Every channel out of a browser's sandbox, tried as real jobs on a worker whose sandboxes are processes of Deno: nothing gets
 * out, nothing is seen.
 * @module
 */
import { expect, it } from 'vitest';
import type * as WorkerEntry from '../../src/entry/worker.node.js';
import { CHANNELS } from './channels/index.js';
import { openEscapeFixture } from './fixtures/escape-fixture.js';
import type { TestBrowser } from './fixtures/test-browser.js';

/** A worker in Node in place of a browser with a donor's page. */
async function openDeno(): Promise<TestBrowser> {
  const built = new URL('../../dist/entry/worker.node.js', import.meta.url).href;
  const { Worker } = (await import(built)) as typeof WorkerEntry;
  let worker: WorkerEntry.Worker | undefined;
  const deno = {
    // Host names cannot be mapped, so channels use an address, as in those browsers.
    name: 'firefox',
    open: () => Promise.resolve(),
    async evaluate(order: string) {
      const options = JSON.parse(/^hostilePage\.start\((.*)\)$/.exec(order)![1]!) as { scheduler: string };
      worker = new Worker({ ...options, isolation: 'deno', cores: 2 });
      await worker.start();
    },
    async close() {
      await worker?.stop({ force: true });
      return [];
    },
  };
  return deno as unknown as TestBrowser;
}

it('no channel leads out of a sandbox in Deno', async () => {
  const sandbox = await openEscapeFixture(openDeno);
  const outcomes = await sandbox.attempt(CHANNELS);
  const seen = [...sandbox.listeners.seen];
  await sandbox.close();
  expect(outcomes.filter(({ through }) => through)).toEqual([]);
  expect(outcomes).toHaveLength(CHANNELS.length);
  expect(seen).toEqual([]);
});
