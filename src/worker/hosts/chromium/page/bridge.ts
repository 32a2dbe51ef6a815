/**
 * Script of the page in the headless browser: it embeds the same frames as a donor's page, and forwards the messages of
 * their sandboxes over a WebSocket to the supervisor that started the browser. It runs no job code.
 * @module
 */
import { systemClock } from '../../../../lib/clock.js';
import { connectBrowser } from '../../../../transport/ws-browser.js';
import type { SupervisorToSandbox } from '../../../../protocol/messages/sandbox-messages.js';
import { rememberDigest } from '../../../assets/file-digests.js';
import { worktimeFilesOf } from '../../browser/browser-files.js';
import { browserFrameHost } from '../../browser/browser-frame-host.js';
import { encodeFrame, FRAME_TEXT_BYTES_MAX, FrameReader } from '../../process/message-framing.js';
import type { Sandbox } from '../../port/sandbox-host.js';
import {
  BRIDGE_BODY_BYTES_MAX,
  BRIDGE_PIECE_BYTES,
  type FromBridge,
  type ToBridge,
} from './bridge-messages.js';

/** Messages from the supervisor are trusted; these only bound memory. */
const LIMITS = { textBytesMax: 64 * 1024 * 1024, bodyBytesMax: 1024 * 1024 * 1024 };

const host = browserFrameHost({
  frameUrl: '/sandbox/frame.html',
  scriptUrl: '/browser-sandbox.js',
  clock: systemClock,
  keepReady: true,
});
const sandboxes = new Map<number, Sandbox>();
/** Sandboxes that were killed before they had started. */
const unwanted = new Set<number>();

const connection = await connectBrowser(new URL('socket', location.href.replace(/^http/, 'ws')).href);
const reader = new FrameReader(LIMITS, (message) => onOrder(message as ToBridge));
connection.handle({
  message: (bytes) => {
    if (reader.push(bytes) !== undefined) connection.close();
  },
  // The supervisor has ended, and ends its browser with it.
  close: () => void host.close(),
});

function onOrder(order: ToBridge): void {
  switch (order.type) {
    case 'start':
      return void start(order.id, order.owner);
    case 'message':
      return deliver(order.id, order.message as SupervisorToSandbox, order.digests);
    case 'kill':
      if (!sandboxes.has(order.id)) unwanted.add(order.id);
      return sandboxes.get(order.id)?.kill();
  }
}

/** The files are copies: their digests were verified by the supervisor, which sends them. */
function deliver(id: number, message: SupervisorToSandbox, digests: Readonly<Record<string, string>>): void {
  for (const [name, file] of Object.entries(worktimeFilesOf(message))) {
    const digest = digests[name];
    if (file instanceof Uint8Array && digest !== undefined) rememberDigest(file, digest);
  }
  sandboxes.get(id)?.send(message);
}

async function start(id: number, owner: string): Promise<void> {
  try {
    const sandbox = await host.start(owner, {
      message: (message) => forward(id, message),
      exit: (reason, isShared = false) => {
        sandboxes.delete(id);
        sendMessage({ type: 'exit', id, reason, isShared });
      },
    });
    sandboxes.set(id, sandbox);
    sendMessage({ type: 'started', id });
    if (unwanted.delete(id)) sandbox.kill();
  } catch (error) {
    unwanted.delete(id);
    sendMessage({ type: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Forwards a sandbox's message unchanged; a sandbox whose message cannot be encoded, or is too large, is killed. */
function forward(id: number, message: unknown): void {
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

function sendMessage(message: FromBridge): void {
  send(encodeFrame(message));
}

function send(pieces: Uint8Array[]): void {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += BRIDGE_PIECE_BYTES) {
      connection.send(piece.subarray(at, at + BRIDGE_PIECE_BYTES));
    }
  }
}
