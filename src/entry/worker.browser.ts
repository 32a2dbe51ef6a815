/**
 * A worker in a browser page: sandboxes are Web Workers in a hidden frame without network access. The frame, its script
 * and the files of worktimes are downloaded from the scheduler and verified.
 * Its types are those of the entry for Node (package.json).
 * @module
 */
import { systemClock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { systemRandom } from '../lib/crypto/random.js';
import { indexedDbStorage } from '../lib/storage/storage-idb.js';
import { DEFAULT_SCHEDULER } from '../protocol/wire/scheduler-url.js';
import { connectBrowser } from '../transport/ws-browser.js';
import { AssetManifest } from '../worker/assets/asset-manifest.js';
import { lazyHost } from '../worker/hosts/lazy-host.js';
import type { WorkerOptions } from '../worker/options/resolve-options.js';
import { browserFrameHost } from '../worker/hosts/browser/browser-frame-host.js';
import type { SandboxHost } from '../worker/hosts/port/sandbox-host.js';
import { BaseWorker } from '../worker/worker.js';
import type { WorkerContext } from '../worker/worker.js';

/** The script of a sandbox, by its name in the scheduler's manifest. */
const SANDBOX_SCRIPT = 'browser-sandbox.js';
const FRAME_PATH = '/sandbox/frame.html';

const load: typeof fetch = (input, init) => globalThis.fetch(input, init);

/** A worker that computes in this page. See `WorkerOptions`; create it, add event listeners, then call `start()`. */
export class Worker extends BaseWorker {
  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, ISOLATION_UNAVAILABLE */
  constructor(options: WorkerOptions = {}) {
    super(options, {
      connect: connectBrowser,
      clock: systemClock,
      random: systemRandom,
      fetch: load,
      storage: indexedDbStorage('manyhands-worker'),
      assets: indexedDbStorage('manyhands-assets'),
      defaults: {
        scheduler: location.protocol.startsWith('http') ? location.origin : DEFAULT_SCHEDULER,
        isolation: 'browser',
        cores: navigator.hardwareConcurrency,
      },
      hosts: { browser: frameHost },
      worktimeFiles: (setting) => {
        const manifest = manifestOf(setting);
        return (worktime) => manifest.worktimeFiles(worktime);
      },
      testsSandboxes: true,
      ownAddress: () =>
        Promise.reject(new ManyhandsError('INTERNAL', 'Frames need no identity of their own.')),
      onLeave,
    });
  }
}

function manifestOf({ options, blobs }: WorkerContext): AssetManifest {
  return new AssetManifest(options.scheduler.http, load, blobs);
}

function frameHost(setting: WorkerContext): SandboxHost {
  return lazyHost('browser', async () => {
    const manifest = manifestOf(setting);
    const { url, sha256 } = await manifest.find(SANDBOX_SCRIPT);
    const origins = await manifest.sandboxOrigins();
    return browserFrameHost({
      frameUrl: `${setting.options.scheduler.http}${FRAME_PATH}`,
      otherFrameUrls: origins.map((origin) => `${origin}${FRAME_PATH}`),
      scriptUrl: url,
      scriptDigest: sha256,
      keepReady: true,
      clock: setting.clock,
    });
  });
}

function onLeave(leave: () => void): () => void {
  addEventListener('pagehide', leave);
  return () => removeEventListener('pagehide', leave);
}

export { isError, ManyhandsError } from '../lib/errors.js';
export { worktimeLabel } from '../worktimes/registry.js';
