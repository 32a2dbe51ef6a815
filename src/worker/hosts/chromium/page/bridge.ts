/**
 * The page in a browser without a window: it puts up the same frames as a donor's page, and carries the messages of their
 * sandboxes over a WebSocket to the supervisor that opened it. It runs no job code.
 * @module
 */
import { systemClock } from '../../../../lib/clock.js';
import { connectBrowser } from '../../../../transport/ws-browser.js';
import type { SupervisorToSandbox } from '../../../../protocol/messages/sandbox-messages.js';
import { knowDigest } from '../../../assets/file-digests.js';
import { worktimeFilesOf } from '../../browser/browser-files.js';
import { browserFrameHost } from '../../browser/browser-frame.js';
import { encodeFrame, FRAME_TEXT_BYTES_MAX, FrameReader } from '../../process/message-framing.js';
import type { Sandbox } from '../../port/sandbox-host.js';
import {
  BRIDGE_BODY_BYTES_MAX,
  BRIDGE_PIECE_BYTES,
  type FromBridge,
  type ToBridge,
} from './bridge-messages.js';

/** The supervisor is believed. */
const LIMITS = { textBytesMax: 64 * 1024 * 1024, bodyBytesMax: 1024 * 1024 * 1024 };

const host = browserFrameHost({
  frameUrl: '/sandbox/frame.html',
  scriptUrl: '/browser-sandbox.js',
  clock: systemClock,
  keepReady: true,
});
const sandboxes = new Map<number, Sandbox>();
/** Killed before they were there. */
const unwanted = new Set<number>();

const connection = await connectBrowser(new URL('socket', location.href.replace(/^http/, 'ws')).href);
const reader = new FrameReader(LIMITS, (message) => obey(message as ToBridge));
connection.handle({
  message: (bytes) => {
    if (reader.push(bytes) !== undefined) connection.close();
  },
  // The supervisor is gone, and its browser goes with it.
  close: () => void host.close(),
});

function obey(order: ToBridge): void {
  switch (order.type) {
    case 'start':
      return void start(order.id, order.owner);
    case 'message':
      return hand(order.id, order.message as SupervisorToSandbox, order.digests);
    case 'kill':
      if (!sandboxes.has(order.id)) unwanted.add(order.id);
      return sandboxes.get(order.id)?.kill();
  }
}

/** What came are copies: that their digests were checked, only the supervisor knows. */
function hand(id: number, message: SupervisorToSandbox, digests: Readonly<Record<string, string>>): void {
  for (const [name, file] of Object.entries(worktimeFilesOf(message))) {
    const digest = digests[name];
    if (file instanceof Uint8Array && digest !== undefined) knowDigest(file, digest);
  }
  sandboxes.get(id)?.send(message);
}

async function start(id: number, owner: string): Promise<void> {
  try {
    const sandbox = await host.start(owner, {
      message: (message) => pass(id, message),
      exit: (reason, isShared = false) => {
        sandboxes.delete(id);
        say({ type: 'exit', id, reason, isShared });
      },
    });
    sandboxes.set(id, sandbox);
    say({ type: 'started', id });
    if (unwanted.delete(id)) sandbox.kill();
  } catch (error) {
    unwanted.delete(id);
    say({ type: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** What a sandbox posts goes on as it is, where it can be written and is not beyond all measure. */
function pass(id: number, message: unknown): void {
  let pieces: Uint8Array[];
  try {
    pieces = encodeFrame({ type: 'message', id, message } satisfies FromBridge);
  } catch {
    return void sandboxes.get(id)?.kill();
  }
  const [text, ...bodies] = pieces;
  const bodyBytes = bodies.reduce((sum, body) => sum + body.byteLength, 0);
  if (text!.byteLength > FRAME_TEXT_BYTES_MAX || bodyBytes > BRIDGE_BODY_BYTES_MAX) {
    return void sandboxes.get(id)?.kill();
  }
  send(pieces);
}

function say(message: FromBridge): void {
  send(encodeFrame(message));
}

function send(pieces: Uint8Array[]): void {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += BRIDGE_PIECE_BYTES) {
      connection.send(piece.subarray(at, at + BRIDGE_PIECE_BYTES));
    }
  }
}
