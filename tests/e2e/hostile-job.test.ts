/**
 * Jobs that mean harm, as whole jobs in a donor's tab: what their code can reach, and what becomes of the rest.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { computeFor, init, isError, type Job } from 'manyhands';
import { test as base, type JobFixture } from './fixtures/job-fixture.js';
import { startListener, type Listener } from './fixtures/listener.js';

const test = base.extend<{ stranger: Listener }>({
  stranger: async ({ browserName: _ }, use) => {
    const stranger = await startListener();
    await use(stranger);
    await stranger.close();
  },
});

async function begin(fixture: JobFixture): Promise<void> {
  await fixture.openTab();
  init({ scheduler: fixture.scheduler });
}

/** The failed slices of a job whose other slices have results. */
async function failuresOf(
  job: Job<unknown>,
): Promise<{ sliceNumber: number; code: unknown; done: unknown[] }[]> {
  const error: unknown = await job.exec().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isError(error, 'SLICES_FAILED')) throw new Error(`It did not fail by its slices: ${String(error)}`);
  const done = error.info.results.filter((result) => result !== undefined);
  return error.info.failures.map(({ sliceNumber, error: cause }) => ({
    sliceNumber,
    code: (cause as Error & { code?: unknown }).code,
    done,
  }));
}

test('a JavaScript work function in a tab reaches no server, store, worker or message port', async ({
  fixture,
  stranger,
}) => {
  await begin(fixture);
  const names = [
    'fetch', 'XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'EventSource', 'WebTransport', 'importScripts',
    'Worker', 'SharedWorker', 'indexedDB', 'caches', 'BroadcastChannel', 'postMessage', 'onmessage', 'close',
    'RTCPeerConnection', 'navigator.serviceWorker', 'navigator.storage', 'navigator.locks', 'navigator.sendBeacon',
    'process', 'require',
  ]; // prettier-ignore
  const [found] = await computeFor<{ reached: string[]; imported: string }>(
    [names],
    `async (names, port) => {
      const url = 'http://127.0.0.1:' + port + '/x.js';
      const chain = [];
      for (let o = globalThis; o; o = Object.getPrototypeOf(o)) chain.push(...Reflect.ownKeys(o).map(String));
      const get = (path) => path.split('.').reduce((o, key) => o?.[key], globalThis);
      const reached = names.filter((name) => get(name) !== undefined || chain.includes(name));
      // As a text, since a work function with an import is refused when it is deployed.
      const imported = await (0, eval)('import("' + url + '")').then(() => 'imported', (error) => error.name);
      return { reached, imported };
    }`,
    [stranger.port],
  ).exec();
  expect(found).toEqual({ reached: [], imported: 'TypeError' });
  expect(stranger.seen).toEqual([]);
});

test('a Python work function in a tab reaches no server and nothing of the page', async ({
  fixture,
  stranger,
}) => {
  await begin(fixture);
  const job = computeFor<Record<string, string>>(
    [stranger.port],
    `
def attempt(port):
    found = {}
    url = f"http://127.0.0.1:{port}/x"
    def note(name, act):
        try:
            found[name] = "reached: " + str(act())
        except BaseException as error:
            found[name] = "refused"
    def by_urllib():
        import urllib.request
        return urllib.request.urlopen(url, timeout=2).status
    def by_socket():
        import socket
        return socket.create_connection(("127.0.0.1", port), timeout=2)
    def by_xhr():
        import js
        request = js.XMLHttpRequest.new()
        request.open("GET", url, False)
        request.send()
        return request.status
    def by_fetch():
        import js
        return js.fetch(url)
    def by_worker():
        import js
        return js.Worker.new(url)
    for act in (by_urllib, by_socket, by_xhr, by_fetch, by_worker):
        note(act.__name__, act)
    return found
`,
  );
  job.worktime = 'pyodide';
  const [found] = await job.exec();
  expect(new Set(Object.values(found ?? {}))).toEqual(new Set(['refused']));
  expect(stranger.seen).toEqual([]);
});

test('only the slice that never ends fails by its time limit', async ({ fixture }) => {
  await begin(fixture);
  const job = computeFor<number>([1, 2, 3, 4, 5, 6], '(x) => { while (x === 3); return x; }') as Job<unknown>;
  job.limits = { sliceTimeoutMs: 1_000 };
  expect(await failuresOf(job)).toEqual([{ sliceNumber: 3, code: 'SLICE_TIMEOUT', done: [1, 2, 4, 5, 6] }]);
});

test('a slice that changes built-in functions cannot end its sandbox without a report', async ({
  fixture,
}) => {
  await begin(fixture);
  const job = computeFor<number>(
    [1, 2, 3],
    `(x) => {
      if (x === 2) {
        for (const name of ['push', 'shift', 'slice']) Array.prototype[name] = () => { throw new Error('mine'); };
        MessagePort.prototype.postMessage = () => undefined;
        Promise.prototype.then = () => undefined;
      }
      return x;
    }`,
  ) as Job<unknown>;
  job.limits = { sliceTimeoutMs: 2_000, noProgressMs: 2_000 };
  const outcome = await job.exec().then(
    (results) => [...results],
    (error: unknown) => (isError(error, 'SLICES_FAILED') ? 'failed' : String(error)),
  );
  // Either the harness resists, or the slice fails; the job must not hang.
  expect([[1, 2, 3], 'failed']).toContainEqual(outcome);
});
