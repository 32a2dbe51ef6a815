/** The page of `starts.mjs`: starts sandboxes in fresh frames and tells how long each took to its first result. */
import { systemClock } from '../../dist/lib/clock.js';
import { encodeJobPackage } from '../../dist/protocol/job/job-package-codec.js';
import { browserFrameHost } from '../../dist/worker/hosts/browser/browser-frame-host.js';
import { setUpSandbox } from '../../dist/worker/sandboxes/start/set-up-sandbox.js';
import { samplePackage } from '../../src/testing/sample-package.mjs';

const WORKTIMES = {
  'map-basic': { version: '1.0.0', source: '(x) => x * x' },
  pyodide: { version: '314.0.7', source: 'lambda x: x * x' },
};

let host;
let assets;
let snapshot;
let owners = 0;

const worktimeOf = (name) => ({ name, version: WORKTIMES[name].version });
const filesOf = (name) => (name === 'pyodide' ? assets : {});

function packageOf(name) {
  const { version, source } = WORKTIMES[name];
  return encodeJobPackage(samplePackage(source, { worktime: { name, range: `^${version}` } }));
}

/** Assigns the job, runs one slice, and resolves at its outcome. */
function firstResult(sandbox, setHandlers, assignment) {
  return new Promise((resolve, reject) => {
    setHandlers({
      exit: (reason) => reject(new Error(reason)),
      message: (message) => {
        if (message.type === 'assign-failed') reject(new Error(message.error.message));
        if (message.type === 'assigned' && message.incompatible)
          reject(new Error('the snapshot did not fit'));
        if (message.type === 'outcomes') resolve();
      },
    });
    sandbox.send({ type: 'assign', assignment });
    const inputs = [{ first: 1, input: { kind: 'range', start: 5, step: 1, count: 1 } }];
    sandbox.send({ type: 'run', batch: 1, inputs, reportEach: true });
  });
}

globalThis.starts = {
  /** `files`: paths of Pyodide's files, by name. */
  async prepare(files) {
    host = browserFrameHost({
      frameUrl: '/sandbox/frame.html',
      scriptUrl: '/sandbox-script.js',
      clock: systemClock,
      idleMs: 100,
      keepReady: true,
    });
    const load = async ([name, path]) => [name, new Uint8Array(await (await fetch(path)).arrayBuffer())];
    assets = Object.fromEntries(await Promise.all(Object.entries(files).map(load)));
    const message = { type: 'make-snapshot', worktime: worktimeOf('pyodide'), assets };
    const made = await setUpSandbox(host, systemClock, 'snapshot:1', message);
    made.sandbox.kill();
    snapshot = made.answer.bytes;
    return snapshot.byteLength;
  },

  /** Milliseconds from the request for a sandbox to its first result. `how`: cold, snapshot or prewarmed; in a frame of its own. */
  async once(name, how) {
    const handlers = { message: () => undefined, exit: () => undefined };
    const withSnapshot = name === 'pyodide' && how !== 'cold' ? { snapshot } : {};
    const assignment = {
      package: packageOf(name),
      blobs: {},
      worktime: worktimeOf(name),
      assets: filesOf(name),
    };
    let sandbox;
    let setHandlers = (next) => Object.assign(handlers, next);
    let started;
    if (how === 'prewarmed') {
      const message = { type: 'warm', worktime: worktimeOf(name), assets: filesOf(name), ...withSnapshot };
      ({ sandbox, setHandlers } = await setUpSandbox(host, systemClock, `prewarmed:${++owners}`, message));
      started = performance.now();
      await firstResult(sandbox, setHandlers, { ...assignment, assets: {} });
    } else {
      started = performance.now();
      sandbox = await host.start(`owner ${++owners}`, {
        message: (raw) => handlers.message(raw),
        exit: (reason) => handlers.exit(reason),
      });
      await firstResult(sandbox, setHandlers, { ...assignment, ...withSnapshot });
    }
    const ms = performance.now() - started;
    sandbox.kill();
    return ms;
  },
};
