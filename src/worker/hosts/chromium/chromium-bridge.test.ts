/**
 * What the page of the headless browser sends to the supervisor; a script that sends prepared frames replaces the browser.
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.js';
import { MemoryWatch } from '../process/memory-watch.js';
import { encodeFrame } from '../process/message-framing.js';
import { Bridge } from './chromium-bridge.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyhands-bridge-test-'));
  mkdirSync(join(folder, 'sandbox'));
  const files = ['sandbox/frame.html', 'chromium-bridge.js', 'browser-sandbox.js'];
  for (const file of files) writeFileSync(join(folder, file), '');
  writeFileSync(join(folder, 'headers.json'), '{"rules":[]}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts two sandboxes in a browser whose page then sends these messages. Returns how each of them ended. */
async function endsAfter(messages: unknown[]): Promise<unknown[]> {
  const frames = Buffer.concat(messages.flatMap((message) => encodeFrame(message)));
  const program = join(folder, 'chromium');
  writeFileSync(
    program,
    `#!${process.execPath}
const { WebSocket } = require(${JSON.stringify(require.resolve('ws'))});
const socket = new WebSocket(process.argv.at(-1).replace('http', 'ws') + 'socket');
let orders = 0;
socket.on('message', () => ++orders === 2 && socket.send(Buffer.from('${frames.toString('base64')}', 'base64')));`,
  );
  chmodSync(program, 0o755);
  const here = pathToFileURL(`${folder}/`);
  const bridge = await Bridge.open({
    ...{ chromium: program, web: here, scripts: here, token: 'secret', memoryMiB: 1_024, heapMiB: 128 },
    ...{ clock: systemClock, watch: new MemoryWatch({ clock: systemClock }) },
    signal: new AbortController().signal,
  });
  const ended = (owner: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const exit = (reason: string, isShared?: boolean): void => resolve({ reason, isShared });
      bridge.start(owner, { message: () => undefined, exit }).catch(reject);
    });
  const ends = await Promise.allSettled([ended('a'), ended('b')]);
  await bridge.gone;
  return ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason));
}

it.each<[string, unknown, RegExp]>([
  ['an unknown message', { type: 'open', id: 1 }, /type is one of/],
  ['a message of a sandbox without a number', { type: 'message', message: {} }, /id should be/],
  ['an end without its reason', { type: 'exit', id: 1, isShared: false }, /reason should be text/],
  ['no map', 7, /a map/],
])('a page that sends %s ends its browser with all sandboxes', async (_what, message, problem) => {
  const [first, second] = await endsAfter([{ type: 'started', id: 1 }, message, { type: 'started', id: 2 }]);
  const reason = expect.stringMatching(problem) as string;
  expect(first).toEqual({ reason, isShared: true });
  expect(first).toHaveProperty('reason', expect.stringContaining('sent a malformed message'));
  // It had not started yet.
  expect(second).toMatchObject({ code: 'ISOLATION_UNAVAILABLE', message: reason });
});
