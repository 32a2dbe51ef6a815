/**
 * Requests from the scheduler, while there is a connection, what the worker does not know: the paid account, and the
 * progress of the jobs that run here.
 * @module
 */
import { setNewest } from '../../src/entry/page.browser.js';
import type { JobInfo, Worker } from 'manyhands/worker';
import type { LedgerWatch } from './ledger-watch.js';

const EVERY_MS = 4_000;
/** Jobs that are requested at a time, and jobs whose information is kept. */
const JOBS_ASKED_MAX = 8;
const JOBS_KEPT_MAX = 50;

export interface SchedulerWatchPorts {
  ledger: LedgerWatch;
  /** The worker, if it is connected and the page is visible. */
  worker: () => Worker | undefined;
  changed: () => void;
}

export class SchedulerWatch {
  readonly infos = new Map<string, JobInfo>();
  readonly #ports: SchedulerWatchPorts;
  #isAsking = false;

  constructor(ports: SchedulerWatchPorts) {
    this.#ports = ports;
    setInterval(() => this.askNow(), EVERY_MS);
  }

  askNow(): void {
    const worker = this.#ports.worker();
    if (worker === undefined || this.#isAsking) return;
    this.#isAsking = true;
    // A failed request is repeated soon: it is for display only.
    void Promise.allSettled([this.#askForAccount(worker), ...this.#askForJobs(worker)]).then(() => {
      this.#isAsking = false;
      this.#ports.changed();
    });
  }

  async #askForAccount(worker: Worker): Promise<void> {
    const account = await worker.account();
    if (account !== undefined) this.#ports.ledger.take(account, Date.now());
  }

  #askForJobs(worker: Worker): Promise<void>[] {
    const running = worker.status.sandboxes.map(({ jobId }) => jobId).filter((id) => id !== undefined);
    return [...new Set(running)].slice(0, JOBS_ASKED_MAX).map(async (jobId) => {
      setNewest(this.infos, jobId, await worker.jobInfo(jobId), JOBS_KEPT_MAX);
    });
  }
}
