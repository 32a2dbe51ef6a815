/**
 * Modules that a frame compiled, as a Worker in it receives them.
 * @module
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModuleMessage } from '../../../protocol/messages/sandbox-messages.js';
import type { ReceivedModules } from './received-modules.js';

const MODULE = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

let received: ReceivedModules;
let send: (message: ModuleMessage) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  // The module captures the timers when it is loaded.
  vi.resetModules();
  const loaded = await import('./received-modules.js');
  const port: Pick<MessagePort, 'onmessage'> = { onmessage: null };
  received = new loaded.ReceivedModules(port as MessagePort);
  send = (data) => void port.onmessage!.call(port as MessagePort, new MessageEvent('message', { data }));
});
afterEach(() => void vi.useRealTimers());

const platformError = (text: RegExp): unknown =>
  expect.objectContaining({ code: 'ISOLATION_UNAVAILABLE', message: expect.stringMatching(text) as string });

it('a module is handed out whether it arrived before or after the request', async () => {
  send({ key: 'a', module: MODULE });
  expect(await received.get('a')).toBe(MODULE);
  const later = received.get('b');
  send({ key: 'other', problem: 'not this one' });
  send({ key: 'b', module: MODULE });
  expect(await later).toBe(MODULE);
  expect(vi.getTimerCount()).toBe(0);
});

it('a module that was not compiled rejects with a platform error, and a later attempt succeeds', async () => {
  send({ key: 'a', problem: 'CompileError: no memory' });
  await expect(received.get('a')).rejects.toEqual(platformError(/not compiled: CompileError: no memory/));
  const waiting = received.get('a');
  send({ key: 'a', problem: 'CompileError: still none' });
  await expect(waiting).rejects.toEqual(platformError(/still none/));
  send({ key: 'a', module: MODULE });
  expect(await received.get('a')).toBe(MODULE);
});

it('a module that does not arrive in time is rejected, and is accepted when it arrives late', async () => {
  const waiting = received.get('a');
  const refused = expect(waiting).rejects.toEqual(platformError(/did not reach the sandbox/));
  await vi.advanceTimersByTimeAsync(60_000);
  await refused;
  send({ key: 'a', module: MODULE });
  expect(await received.get('a')).toBe(MODULE);
});

it('one module resolves every request that waits for it', async () => {
  const both = Promise.all([received.get('a'), received.get('a')]);
  send({ key: 'a', module: MODULE });
  expect(await both).toEqual([MODULE, MODULE]);
});
