/**
 * The page of the frame tests: it puts up a frame host and lets the test start, feed and kill sandboxes by number.
 * @module
 */
import { systemClock } from '../../../src/lib/clock.js';
import type { SupervisorToSandbox } from '../../../src/protocol/messages/sandbox-messages.js';
import { browserFrameHost } from '../../../src/worker/hosts/browser/browser-frame.js';
import type { Sandbox, SandboxHost } from '../../../src/worker/hosts/port/sandbox-host.js';

interface Entry {
  sandbox: Sandbox;
  messages: unknown[];
  exits: string[];
}

export interface FramePage {
  open(options: {
    frameUrl: string;
    otherFrameUrls?: string[];
    scriptUrl: string;
    scriptDigest?: string;
    idleMs?: number;
    keepReady?: boolean;
  }): void;
  /** The sandbox's number; rejects as the host does. */
  start(owner: string): Promise<number>;
  send(index: number, message: unknown): void;
  kill(index: number): void;
  messages(index: number): unknown[];
  exits(index: number): string[];
  close(): Promise<void>;
}

declare global {
  interface Window {
    framePage: FramePage;
  }
}

const entries: Entry[] = [];
let host: SandboxHost | undefined;

function entryAt(index: number): Entry {
  const entry = entries[index];
  if (entry === undefined) throw new Error(`There is no sandbox ${index}.`);
  return entry;
}

window.framePage = {
  open(options) {
    host = browserFrameHost({ ...options, clock: systemClock });
  },
  async start(owner) {
    const messages: unknown[] = [];
    const exits: string[] = [];
    const sandbox = await host!.start(owner, {
      message: (raw) => messages.push(raw),
      exit: (reason, isShared) => exits.push(isShared === true ? `${reason} With others.` : reason),
    });
    return entries.push({ sandbox, messages, exits }) - 1;
  },
  // Test scripts speak their own words over the same port.
  send: (index, message) => entryAt(index).sandbox.send(message as SupervisorToSandbox),
  kill: (index) => entryAt(index).sandbox.kill(),
  messages: (index) => entryAt(index).messages,
  exits: (index) => entryAt(index).exits,
  close: () => host!.close(),
};
