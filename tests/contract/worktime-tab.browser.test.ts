/**
 * The worktimes in Workers of a real Chromium, in the frame that donors run them in, with the headers it is served with.
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { openTabHost } from './tab-host.js';
import { createStarter } from './worktime-fixture.js';
import { customSuite } from './worktime-suite-custom.js';
import { worktimeSuites } from './worktime-suites.js';

let host: SandboxHost;
beforeAll(async () => {
  host = await openTabHost();
}, 60_000);
afterAll(() => host.close());

const { start, end } = createStarter(() => host);
afterEach(end);

worktimeSuites('a browser', start, { extent: 'reduced' });

describe('a custom worktime in a browser', () => customSuite(start));

describe('a Worker', () => {
  it('exchanges messages with its supervisor only through the harness', async () => {
    const sandbox = await start(`async () => {
      const heard = [];
      EventTarget.prototype.addEventListener.call(globalThis, 'message', (event) => heard.push(event.data));
      globalThis.onmessage = (event) => heard.push(event.data);
      const { port1, port2 } = new MessageChannel();
      const turn = () => new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(0); });
      for (const end = performance.now() + 50; performance.now() < end; ) await turn();
      return [heard, typeof postMessage, Object.getOwnPropertyNames(Object.getPrototypeOf(globalThis))];
    }`);
    const first = sandbox.one(0);
    expect(await sandbox.one(0)).toEqual([
      [],
      'undefined',
      expect.not.arrayContaining(['postMessage', 'close']),
    ]);
    await first;
  });
});
