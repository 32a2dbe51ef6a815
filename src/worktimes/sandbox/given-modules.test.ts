/**
 * What a frame compiled, as a Worker in it gets it.
 * @module
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModuleMessage } from '../../protocol/messages/sandbox-messages.js';
import type { GivenModules } from './given-modules.js';

const MODULE = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

let given: GivenModules;
let say: (message: ModuleMessage) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  // It takes the timers as they are when it is loaded.
  vi.resetModules();
  const loaded = await import('./given-modules.js');
  const port: Pick<MessagePort, 'onmessage'> = { onmessage: null };
  given = new loaded.GivenModules(port as MessagePort);
  say = (data) => void port.onmessage!.call(port as MessagePort, new MessageEvent('message', { data }));
});
afterEach(() => void vi.useRealTimers());

const ofNoJob = (text: RegExp): unknown =>
  expect.objectContaining({ code: 'ISOLATION_UNAVAILABLE', message: expect.stringMatching(text) as string });

it('hands over what came before it was asked for, and what comes after', async () => {
  say({ key: 'a', module: MODULE });
  expect(await given.get('a')).toBe(MODULE);
  const later = given.get('b');
  say({ key: 'other', problem: 'not this one' });
  say({ key: 'b', module: MODULE });
  expect(await later).toBe(MODULE);
  expect(vi.getTimerCount()).toBe(0);
});

it('says of a module that was not compiled what no job is charged for, and takes the next try', async () => {
  say({ key: 'a', problem: 'CompileError: no memory' });
  await expect(given.get('a')).rejects.toEqual(ofNoJob(/not compiled: CompileError: no memory/));
  const waiting = given.get('a');
  say({ key: 'a', problem: 'CompileError: still none' });
  await expect(waiting).rejects.toEqual(ofNoJob(/still none/));
  say({ key: 'a', module: MODULE });
  expect(await given.get('a')).toBe(MODULE);
});

it('gives up one that never comes, and takes it where it comes late', async () => {
  const waiting = given.get('a');
  const refused = expect(waiting).rejects.toEqual(ofNoJob(/did not reach the sandbox/));
  await vi.advanceTimersByTimeAsync(60_000);
  await refused;
  say({ key: 'a', module: MODULE });
  expect(await given.get('a')).toBe(MODULE);
});

it('hands one module to all that wait for it', async () => {
  const both = Promise.all([given.get('a'), given.get('a')]);
  say({ key: 'a', module: MODULE });
  expect(await both).toEqual([MODULE, MODULE]);
});
