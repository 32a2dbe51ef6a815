/**
 * The donor's side of a page, from Start to Stop, over any number of workers. It applies settings, pauses while a
 * condition holds, retries while the scheduler cannot be reached, and counts what was computed.
 * @module
 */
import type { Worker, WorkerOptions } from 'manyhands/worker';
import { Conditions } from './conditions.js';
import { DayBytes } from './day-bytes.js';
import type { ConditionSources, ConditionReason } from './conditions.js';
import { applyOptions, makeWorker, optionsOf } from './donor-worker.js';
import type { HostLimits } from './donor-worker.js';
import { admissionChanged } from './admission-settings.js';
import { isRunning } from './donor-events.js';
import type { DonorStatus, LogEntry, Phase } from './donor-events.js';
import { payeeOf } from './earnings.js';
import { codeOf, failure, isReachable, warning, worktimeEntry } from './failures.js';
import { JobBook } from './job-book.js';
import { LedgerWatch } from './ledger-watch.js';
import type { PageStore } from './page-store.js';
import { pauseKey } from './pause-messages.js';
import { Rates } from './rates.js';
import { NAME_SHOWN_MAX, safeText } from './safe-text.js';
import { SchedulerWatch } from './scheduler-watch.js';
import type { Settings } from './settings.js';
import { Snooze } from './snooze.js';
import { holdRunningLock } from './running-lock.js';
import { addTotals, NOTHING, readTotals, subtractTotals, writeTotals, type Totals } from './totals.js';

export type Admit = NonNullable<WorkerOptions['authorize']>;

export interface DonorPorts {
  scheduler: string;
  store: PageStore;
  settings: () => Settings;
  /** Asks the donor about a deployer that is new here. */
  admit: Admit;
  log: (entry: LogEntry) => void;
  changed: () => void;
  /** Called with each worker before it starts. */
  workerCreated?: (worker: Worker) => void;
  /** Called with the error that ended it. */
  failed?: (error: unknown) => void;
  /** Called with the results that the scheduler took, by job. */
  resultsTaken?: (jobId: string, about: { name: string; owner: string }, sums: Totals) => void;
  sources: ConditionSources;
}

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Slices that still run after this time are returned unfinished. Milliseconds. */
const STOP_PATIENCE_MS = 400;
/** Running slices may take this long to finish when the donor chose to finish first. Milliseconds. */
const FINISH_MS_MAX = 3_600_000;
/** By then nothing computes any more, though notifying the scheduler may take longer. Milliseconds. */
const STOPPED_MS = 850;
const SAVE_EVERY_MS = 5_000;
const SITE = 'site';

export class Donor {
  readonly rates = new Rates();
  readonly #ports: DonorPorts;
  readonly #conditions: Conditions;
  readonly #snooze: Snooze;
  readonly #ledger: LedgerWatch;
  readonly #scheduler: SchedulerWatch;
  readonly #jobs = new JobBook();
  #worker: Worker | undefined;
  /** The settings under which the present job owners were admitted. */
  #admission: Settings;
  #applied: ReturnType<typeof optionsOf> | undefined;
  #phase: Phase = 'idle';
  /** Totals of this visit's workers that have ended. */
  #endedTotals = NOTHING;
  /** The part of this visit's totals that is in the store already. */
  #savedTotals = NOTHING;
  readonly #dayBytes: DayBytes;
  #limits: HostLimits = {};
  #retryMs = RETRY_FIRST_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryAtMs: number | undefined;
  #failure: DonorStatus['failure'];
  #releaseLock: (() => void) | undefined;
  #payee: string | undefined;
  #frozen = false;
  /** Changes with each start and end: a start that was superseded while it waited creates no worker. */
  #runId = 0;

  constructor(ports: DonorPorts) {
    this.#ports = ports;
    this.#admission = ports.settings();
    this.#dayBytes = new DayBytes(ports.store, () => Date.now());
    this.#conditions = new Conditions(ports.sources, (reason, holds) => this.#onCondition(reason, holds));
    this.#snooze = new Snooze((holds) => this.#onCondition('snooze', holds));
    this.#ledger = new LedgerWatch(ports.store);
    this.#scheduler = new SchedulerWatch({
      ledger: this.#ledger,
      worker: () => (this.#isConnected && document.visibilityState === 'visible' ? this.#worker : undefined),
      changed: ports.changed,
    });
    void this.#resolvePayee();
    setInterval(() => this.#save(), SAVE_EVERY_MS);
    addEventListener('pagehide', () => this.#save());
    addEventListener('online', () => this.tryNow());
    // A page that is restored from the back/forward cache lost its worker when it was left.
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted || !isRunning(this.#phase)) return;
      this.#frozen = false;
      void this.#begin();
    });
    document.addEventListener('freeze', () => this.#onFreeze());
    document.addEventListener('resume', () => this.#onResume());
  }

  get status(): DonorStatus {
    const now = this.#worker?.status;
    const visit = now === undefined ? this.#endedTotals : addTotals(this.#endedTotals, now);
    return {
      phase: this.#shownPhase(),
      pausedBy: (this.#worker?.paused ?? []) as DonorStatus['pausedBy'],
      failure: this.#phase === 'failed' ? this.#failure : undefined,
      retryAtMs: this.#phase === 'offline' ? this.#retryAtMs : undefined,
      visit,
      // Other tabs add to the stored totals.
      all: addTotals(readTotals(this.#ports.store), subtractTotals(visit, this.#savedTotals)),
      bytesToday: this.#dayBytes.today(now?.bytesToday),
      cores: this.#applied?.cores ?? this.#ports.settings().cores,
      jobs: this.#jobs.sums,
      infos: this.#scheduler.infos,
      ledger: this.#ledger.of(this.#payee),
      earned: this.#ledger.earned,
      sandboxes: (now?.sandboxes ?? []).filter(({ state }) => state === 'opening' || state === 'ready'),
    };
  }

  get running(): boolean {
    return isRunning(this.#phase);
  }

  start(): void {
    if (this.running || this.#phase === 'stopping') return;
    this.#retryMs = RETRY_FIRST_MS;
    this.#releaseLock = holdRunningLock();
    this.rates.begin(performance.now());
    void this.#begin();
  }

  /** Takes no more work, finishes the running slices (an hour at most), and stops. */
  async finish(): Promise<void> {
    const worker = this.#worker;
    if (!this.#isConnected || worker === undefined || this.#phase === 'finishing') return;
    const runId = ++this.#runId;
    this.#setPhase('finishing');
    this.#ports.log({ key: 'log.finishing', tone: 'wait' });
    await worker
      .stop({ graceMs: FINISH_MS_MAX })
      .catch((error: unknown) => this.#ports.log(failure('log.stopFailed', error)));
    if (runId === this.#runId) this.#end('stopped', { key: 'log.finished', tone: 'good' });
  }

  /** Takes no more work and returns slices that do not end at once. Resolves within a second. */
  async stop(): Promise<void> {
    if (!this.running) return;
    clearTimeout(this.#retry);
    this.#runId++;
    const worker = this.#worker;
    this.#setPhase('stopping');
    if (worker !== undefined) {
      const isFinishing = worker.state === 'stopping';
      const impatient = setTimeout(
        () => void worker.stop({ force: true }),
        isFinishing ? 0 : STOP_PATIENCE_MS,
      );
      const over = worker.stop().catch((error: unknown) => this.#ports.log(failure('log.stopFailed', error)));
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, STOPPED_MS))]);
      clearTimeout(impatient);
    }
    this.#end('stopped', { key: 'log.stopped' });
  }

  /** Applies changed settings to the worker. */
  async settingsChanged(): Promise<void> {
    const settings = this.#ports.settings();
    if (this.running) this.#watchConditions(settings);
    if (admissionChanged(this.#admission, settings)) this.askAgain();
    this.#admission = settings;
    await this.#resolvePayee();
    if (this.#worker === undefined || this.#applied === undefined) return;
    const next = optionsOf(this.#ports.settings(), this.#payee, this.#limits);
    applyOptions(this.#worker, this.#applied, next);
    this.#applied = next;
    if (this.#limits.paused !== true) this.#worker.unpause(SITE);
    this.#ports.changed();
  }

  /** Asks about all job owners again; the jobs of those who are still admitted go on. */
  askAgain(): void {
    this.#worker?.reauthorize();
  }

  /** Tries to connect without waiting any longer. */
  tryNow(): void {
    if (this.#phase !== 'offline') return;
    clearTimeout(this.#retry);
    void this.#begin();
  }

  /** Sets the limits of the site around this page. */
  limit(limits: HostLimits): void {
    this.#limits = limits;
    // A pause begins at once, and ends only when all other limits are applied.
    if (limits.paused === true) this.#worker?.pause(SITE);
    void this.settingsChanged();
  }

  async #begin(): Promise<void> {
    const runId = ++this.#runId;
    this.#dropWorker();
    this.#setPhase('connecting');
    let mine: Worker | undefined;
    try {
      const settings = this.#ports.settings();
      this.#payee = await payeeOf(settings);
      if (runId !== this.#runId || !this.running) return;
      this.#applied = optionsOf(this.#ports.settings(), this.#payee, this.#limits);
      mine = makeWorker({
        scheduler: this.#ports.scheduler,
        ...this.#applied,
        authorize: (who) => this.#ports.admit(who),
      });
      this.#worker = mine;
      this.#listen(mine);
      this.#ports.workerCreated?.(mine);
      this.#watchConditions(settings);
      if (this.#snooze.holds) mine.pause('snooze');
      for (const reason of this.#conditions.reasons) mine.pause(reason);
      if (this.#limits.paused === true) mine.pause(SITE);
      await mine.start();
      this.#retryMs = RETRY_FIRST_MS;
    } catch (error) {
      if (runId !== this.#runId || this.#worker !== mine || !this.running) return;
      const isGone = codeOf(error) === 'CONNECT_FAILED' || !(await isReachable(this.#ports.scheduler));
      if (runId !== this.#runId || !this.running) return;
      if (isGone) this.#retryLater();
      else this.#fail('log.startFailed', error);
    }
  }

  /** The browser freezes the page: there is time to send but not to wait. All slices are returned; `resume` starts again. */
  #onFreeze(): void {
    if (!this.running || this.#worker === undefined) return;
    this.#frozen = true;
    this.#ports.log({ key: 'log.asleep', tone: 'wait' });
    void this.#worker.stop({ force: true });
  }

  #onResume(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#ports.log({ key: 'log.awake' });
    if (this.running) void this.#begin();
  }

  #retryLater(): void {
    this.#dropWorker();
    if (this.#phase !== 'offline') this.#ports.log({ key: 'log.offline', tone: 'wait' });
    this.#setPhase('offline');
    // Jitter, so that not all donors reconnect to a restarted scheduler at the same moment.
    const waitMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#retryAtMs = Date.now() + waitMs;
    this.#retry = setTimeout(() => void this.#begin(), waitMs);
  }

  #listen(mine: Worker): void {
    const { log, changed } = this.#ports;
    mine
      .on('connect', () => {
        if (!this.running) return;
        log({ key: this.#phase === 'lost' ? 'log.connectedAgain' : 'log.connected', tone: 'good' });
        this.#setPhase(this.#phase === 'finishing' ? 'finishing' : 'connected');
        this.#scheduler.askNow();
      })
      .on('disconnect', () => {
        const isElsewhere = ['connecting', 'offline', 'finishing'].includes(this.#phase);
        if (!this.running || isElsewhere) return;
        if (this.#phase !== 'lost') log({ key: 'log.lost', tone: 'wait' });
        this.#setPhase('lost');
      })
      .on('job', ({ jobId, name }) => {
        const shown = safeText(name, NAME_SHOWN_MAX);
        this.#jobs.addJob(jobId, shown, Date.now());
        this.#scheduler.askNow();
        log(shown === '' ? { key: 'log.jobUnnamed' } : { key: 'log.job', values: { name: shown } });
      })
      .on('result', ({ jobId, count, failed, computeMs }) => {
        this.rates.add(count, performance.now());
        this.#addResults(jobId, { slices: count, failed, computeMs });
        changed();
      })
      .on('pause', ({ reason }) => log({ key: pauseKey(reason, 'paused'), tone: 'wait' }))
      .on('unpause', ({ reason }) => log({ key: pauseKey(reason, 'unpaused'), tone: 'good' }))
      .on('worktime', (worktime) => log(worktimeEntry(worktime)))
      .on('warning', ({ error }) => log(warning(error, (jobId) => this.#jobs.nameOf(jobId))))
      .on('error', ({ error }) => {
        if (this.#worker === mine && this.running) this.#fail('log.failed', error);
      });
    for (const name of ['sandbox', 'slice', 'progress', 'pause', 'unpause', 'payment', 'bytes'] as const) {
      mine.on(name, changed);
    }
  }

  #addResults(jobId: string, sums: Totals): void {
    this.#jobs.add(jobId, sums, Date.now());
    const owner = this.#worker?.status.sandboxes.find((one) => one.jobId === jobId)?.owner ?? '';
    this.#ports.resultsTaken?.(jobId, { name: this.#jobs.nameOf(jobId), owner }, sums);
  }

  #watchConditions(settings: Settings): void {
    this.#conditions.follow(settings);
    this.#snooze.follow(settings.snoozeUntilMs);
  }

  async #resolvePayee(): Promise<void> {
    this.#payee = await payeeOf(this.#ports.settings()).catch((error: unknown) => {
      this.#ports.log(failure('log.keyFailed', error));
      return undefined;
    });
    this.#ports.changed();
  }

  get #isConnected(): boolean {
    return this.#phase === 'connected' || this.#phase === 'finishing';
  }

  #onCondition(reason: ConditionReason | 'snooze', holds: boolean): void {
    if (holds) this.#worker?.pause(reason);
    else this.#worker?.unpause(reason);
    this.#ports.changed();
  }

  #shownPhase(): Phase {
    if (this.#phase !== 'connected') return this.#phase;
    if ((this.#worker?.paused.length ?? 0) > 0) return 'paused';
    const busy = this.#worker?.status.sandboxes.some(({ state }) => state === 'opening' || state === 'ready');
    return busy === true ? 'working' : 'connected';
  }

  #setPhase(phase: Phase): void {
    this.#phase = phase;
    this.#ports.changed();
  }

  #fail(key: 'log.startFailed' | 'log.failed', error: unknown): void {
    this.#ports.failed?.(error);
    const entry = failure(key, error);
    this.#failure = { code: codeOf(error), entry };
    this.#end('failed', entry);
  }

  #end(phase: 'stopped' | 'failed', entry: LogEntry): void {
    this.#runId++;
    this.#dropWorker();
    clearTimeout(this.#retry);
    this.#conditions.close();
    this.#snooze.close();
    this.#releaseLock?.();
    this.#save();
    this.#ports.log(entry);
    this.#setPhase(phase);
  }

  /** Adds the worker's totals, and drops it. */
  #dropWorker(): void {
    if (this.#worker !== undefined) this.#endedTotals = addTotals(this.#endedTotals, this.#worker.status);
    this.#worker = undefined;
    this.#applied = undefined;
  }

  #save(): void {
    const { visit } = this.status;
    this.#dayBytes.save();
    if (visit.slices === this.#savedTotals.slices) return;
    // Another tab may have added to the stored totals: add only the difference.
    const { store } = this.#ports;
    writeTotals(store, addTotals(readTotals(store), subtractTotals(visit, this.#savedTotals)));
    this.#savedTotals = visit;
  }
}
