/**
 * The set-up of a sandbox without a job ends in its time, whatever its host does.
 */
import { expect, it } from 'vitest';
import { deferred } from '../../../lib/deferred.js';
import { VirtualClock } from '../../../testing/virtual-clock.js';
import type { Sandbox, SandboxHost } from '../../hosts/port/sandbox-host.js';
import { setUpSandbox } from './set-up-sandbox.js';

const WARM = { type: 'warm', worktime: { name: 'map-basic', version: '1.0.0' }, assets: {} } as const;

it('setting up a sandbox fails after two minutes if the host does not start the sandbox, and kills the one that starts later', async () => {
  const clock = new VirtualClock();
  const started = deferred<Sandbox>();
  const host: SandboxHost = {
    isolation: 'thread',
    start: () => started.promise,
    close: async () => undefined,
  };
  const setUp = setUpSandbox(host, clock, 'nobody', WARM).catch((error: unknown) => error);
  await clock.advance(119_000);
  await clock.advance(2_000);
  expect(await setUp).toMatchObject({ code: 'ISOLATION_UNAVAILABLE' });
  let isKilled = false;
  started.resolve({ kill: () => (isKilled = true) } as unknown as Sandbox);
  await started.promise;
  await Promise.resolve();
  expect(isKilled).toBe(true);
});
