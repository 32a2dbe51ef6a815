/**
 * The page of the worktimes' browser tests: a frame host that the test drives by messages as text.
 * @module
 */
import { systemClock } from '../../src/lib/clock.js';
import type { SupervisorToSandbox } from '../../src/protocol/messages/sandbox-messages.js';
import { browserFrameHost } from '../../src/worker/hosts/browser/browser-frame-host.js';
import type { Sandbox } from '../../src/worker/hosts/port/sandbox-host.js';
import { fromText, toText } from './worktime-browser-text.js';

export interface WorktimePage {
  /** Resolves with the sandbox's number; what it says comes to `window.heard`. */
  start(owner: string): Promise<number>;
  /** `assets`: paths of files that go with an assignment, by name. */
  send(id: number, text: string, assets: Record<string, string>): Promise<void>;
  kill(id: number): void;
}

declare global {
  interface Window {
    worktimePage: WorktimePage;
    heard(id: number, kind: 'message' | 'exit', text: string): Promise<void>;
  }
}

const host = browserFrameHost({
  frameUrl: '/sandbox/frame.html',
  scriptUrl: '/browser-sandbox.js',
  clock: systemClock,
});
const sandboxes: Sandbox[] = [];
const fetched = new Map<string, Promise<Uint8Array>>();
/** What is sent keeps its order, also where its assets must be fetched first. */
let last = Promise.resolve();

async function fetchAsset(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

window.worktimePage = {
  async start(owner) {
    let id = -1;
    const early: [kind: 'message' | 'exit', text: string][] = [];
    const say = (kind: 'message' | 'exit', text: string): void => {
      if (id < 0) early.push([kind, text]);
      else void window.heard(id, kind, text);
    };
    const sandbox = await host.start(owner, {
      message: (raw) => say('message', toText(raw)),
      exit: (reason) => say('exit', reason),
    });
    id = sandboxes.push(sandbox) - 1;
    for (const [kind, text] of early) say(kind, text);
    return id;
  },
  send(id, text, assets) {
    const message = fromText(text) as SupervisorToSandbox;
    last = last.then(async () => {
      const { assets: files } =
        message.type === 'assign' ? message.assignment : { assets: undefined, ...message };
      if (files !== undefined) {
        for (const [name, path] of Object.entries(assets)) {
          const bytes = fetched.get(path) ?? fetchAsset(path);
          fetched.set(path, bytes);
          files[name] = await bytes;
        }
      }
      sandboxes[id]!.send(message);
    });
    return last;
  },
  kill: (id) => sandboxes[id]!.kill(),
};
