/**
 * The donor: from pressing start to pressing stop, over any number of workers. It keeps the settings applied, rests
 * while a condition says so, tries again while the scheduler cannot be reached, and counts what is given.
 * @module
 */
import type { Worker, WorkerOptions } from 'manyhands/worker';
import { Conditions } from './conditions.js';
import { DayBytes } from './day-bytes.js';
import type { ConditionSources, PauseReason } from './conditions.js';
import { applyOptions, makeWorker, optionsOf } from './donor-worker.js';
import type { HostLimits } from './donor-worker.js';
import { isOtherDoor } from './door.js';
import { isRunning } from './donor-events.js';
import type { DonorStatus, LogEntry, Phase } from './donor-events.js';
import { payeeOf } from './earnings.js';
import { codeOf, failure, isReachable, warning, worktimeEntry } from './failures.js';
import { JobBook } from './job-book.js';
import { LedgerWatch } from './ledger-watch.js';
import type { PageStore } from './page-store.js';
import { pauseKey } from './pause-words.js';
import { Rates } from './rates.js';
import { NAME_SHOWN_MAX, safeText } from './safe-text.js';
import { SchedulerWatch } from './scheduler-watch.js';
import type { Settings } from './settings.js';
import { Snooze } from './snooze.js';
import { stayAwake } from './stay-awake.js';
import { addTotals, NOTHING, readTotals, subtractTotals, writeTotals, type Totals } from './totals.js';

export type Admit = NonNullable<WorkerOptions['authorize']>;

export interface DonorPorts {
  scheduler: string;
  store: PageStore;
  settings: () => Settings;
  /** Asks the donor about a deployer that is new here. */
  admit: Admit;
  say: (entry: LogEntry) => void;
  changed: () => void;
  /** Hears of each worker before it starts. */
  born?: (worker: Worker) => void;
  /** Hears why it has ended where nobody wanted it to. */
  failed?: (error: unknown) => void;
  /** Hears of what was done for which job. */
  done?: (jobId: string, about: { name: string; owner: string }, sums: Totals) => void;
  sources: ConditionSources;
}

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** What is still at work after so long goes back: the donor wants the machine now. */
const STOP_PATIENCE_MS = 400;
/** What runs may take so long to its end where the donor wants to finish it first. */
const FINISH_MS_MAX = 3_600_000;
/** By then nothing computes any more; that the scheduler hears of it may take longer. */
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
  /** Under which whoever computes here was let in. */
  #door: Settings;
  #applied: ReturnType<typeof optionsOf> | undefined;
  #phase: Phase = 'idle';
  /** What workers of this visit did that are no more. */
  #before = NOTHING;
  /** What of this visit is in the store already. */
  #saved = NOTHING;
  readonly #dayBytes: DayBytes;
  #limits: HostLimits = {};
  #retryMs = RETRY_FIRST_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryAtMs: number | undefined;
  #failure: DonorStatus['failure'];
  #sleep: (() => void) | undefined;
  #payee: string | undefined;
  #asleep = false;
  /** Counts beginnings and ends: one that was overtaken while it waited makes no worker. */
  #turn = 0;

  constructor(ports: DonorPorts) {
    this.#ports = ports;
    this.#door = ports.settings();
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
    // A page that comes back from the browser's cache has lost its worker when it went.
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted || !isRunning(this.#phase)) return;
      this.#asleep = false;
      void this.#begin();
    });
    document.addEventListener('freeze', () => this.#fallAsleep());
    document.addEventListener('resume', () => this.#wakeUp());
  }

  get status(): DonorStatus {
    const now = this.#worker?.status;
    const visit = now === undefined ? this.#before : addTotals(this.#before, now);
    return {
      phase: this.#shownPhase(),
      pausedBy: (this.#worker?.paused ?? []) as DonorStatus['pausedBy'],
      failure: this.#phase === 'failed' ? this.#failure : undefined,
      retryAtMs: this.#phase === 'offline' ? this.#retryAtMs : undefined,
      visit,
      // Other tabs add to what is kept.
      all: addTotals(readTotals(this.#ports.store), subtractTotals(visit, this.#saved)),
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
    this.#sleep = stayAwake();
    this.rates.begin(performance.now());
    void this.#begin();
  }

  /** Takes no more work, finishes what runs however long it takes (an hour at most), and stops. */
  async finish(): Promise<void> {
    const worker = this.#worker;
    if (!this.#isConnected || worker === undefined || this.#phase === 'finishing') return;
    const turn = ++this.#turn;
    this.#go('finishing');
    this.#ports.say({ key: 'log.finishing', tone: 'wait' });
    await worker
      .stop({ graceMs: FINISH_MS_MAX })
      .catch((error: unknown) => this.#ports.say(failure('log.stopFailed', error)));
    if (turn === this.#turn) this.#end('stopped', { key: 'log.finished', tone: 'good' });
  }

  /** Takes no more work; what does not end in a moment goes back. Done within a second. */
  async stop(): Promise<void> {
    if (!this.running) return;
    clearTimeout(this.#retry);
    this.#turn++;
    const worker = this.#worker;
    this.#go('stopping');
    if (worker !== undefined) {
      const isFinishing = worker.state === 'stopping';
      const impatient = setTimeout(
        () => void worker.stop({ force: true }),
        isFinishing ? 0 : STOP_PATIENCE_MS,
      );
      const over = worker.stop().catch((error: unknown) => this.#ports.say(failure('log.stopFailed', error)));
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, STOPPED_MS))]);
      clearTimeout(impatient);
    }
    this.#end('stopped', { key: 'log.stopped' });
  }

  /** Brings changed settings to the worker. */
  async settingsChanged(): Promise<void> {
    const settings = this.#ports.settings();
    if (this.running) this.#follow(settings);
    if (isOtherDoor(this.#door, settings)) this.askAgain();
    this.#door = settings;
    await this.#resolvePayee();
    if (this.#worker === undefined || this.#applied === undefined) return;
    const next = optionsOf(this.#ports.settings(), this.#payee, this.#limits);
    applyOptions(this.#worker, this.#applied, next);
    this.#applied = next;
    if (this.#limits.rest !== true) this.#worker.unpause(SITE);
    this.#ports.changed();
  }

  /** Asks anew about everybody whose jobs come along; who is let in goes on undisturbed. */
  askAgain(): void {
    this.#worker?.reauthorize();
  }

  /** Tries to connect without waiting any longer. */
  tryNow(): void {
    if (this.#phase !== 'offline') return;
    clearTimeout(this.#retry);
    void this.#begin();
  }

  /** What a site around this page allows at most. */
  limit(limits: HostLimits): void {
    this.#limits = limits;
    // Resting begins at once and ends when all the rest of what is wished is in force.
    if (limits.rest === true) this.#worker?.pause(SITE);
    void this.settingsChanged();
  }

  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    this.#forget();
    this.#go('connecting');
    let mine: Worker | undefined;
    try {
      const settings = this.#ports.settings();
      this.#payee = await payeeOf(settings);
      if (turn !== this.#turn || !this.running) return;
      this.#applied = optionsOf(this.#ports.settings(), this.#payee, this.#limits);
      mine = makeWorker({
        scheduler: this.#ports.scheduler,
        ...this.#applied,
        authorize: (who) => this.#ports.admit(who),
      });
      this.#worker = mine;
      this.#listen(mine);
      this.#ports.born?.(mine);
      this.#follow(settings);
      if (this.#snooze.holds) mine.pause('snooze');
      for (const reason of this.#conditions.reasons) mine.pause(reason);
      if (this.#limits.rest === true) mine.pause(SITE);
      await mine.start();
      this.#retryMs = RETRY_FIRST_MS;
    } catch (error) {
      if (turn !== this.#turn || this.#worker !== mine || !this.running) return;
      const isGone = codeOf(error) === 'CONNECT_FAILED' || !(await isReachable(this.#ports.scheduler));
      if (turn !== this.#turn || !this.running) return;
      if (isGone) this.#tryLater();
      else this.#fail('log.startFailed', error);
    }
  }

  /** There is time to send and none to wait: everything goes back, and waking begins anew. */
  #fallAsleep(): void {
    if (!this.running || this.#worker === undefined) return;
    this.#asleep = true;
    this.#ports.say({ key: 'log.asleep', tone: 'wait' });
    void this.#worker.stop({ force: true });
  }

  #wakeUp(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#ports.say({ key: 'log.awake' });
    if (this.running) void this.#begin();
  }

  #tryLater(): void {
    this.#forget();
    if (this.#phase !== 'offline') this.#ports.say({ key: 'log.offline', tone: 'wait' });
    this.#go('offline');
    // Jitter: a scheduler that comes back is not met by all its donors at one moment.
    const waitMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#retryAtMs = Date.now() + waitMs;
    this.#retry = setTimeout(() => void this.#begin(), waitMs);
  }

  #listen(mine: Worker): void {
    const { say, changed } = this.#ports;
    mine
      .on('connect', () => {
        if (!this.running) return;
        say({ key: this.#phase === 'lost' ? 'log.connectedAgain' : 'log.connected', tone: 'good' });
        this.#go(this.#phase === 'finishing' ? 'finishing' : 'connected');
        this.#scheduler.askNow();
      })
      .on('disconnect', () => {
        const isElsewhere = ['connecting', 'offline', 'finishing'].includes(this.#phase);
        if (!this.running || isElsewhere) return;
        if (this.#phase !== 'lost') say({ key: 'log.lost', tone: 'wait' });
        this.#go('lost');
      })
      .on('job', ({ jobId, name }) => {
        const shown = safeText(name, NAME_SHOWN_MAX);
        this.#jobs.meet(jobId, shown, Date.now());
        this.#scheduler.askNow();
        say(shown === '' ? { key: 'log.jobUnnamed' } : { key: 'log.job', values: { name: shown } });
      })
      .on('result', ({ jobId, count, failed, computeMs }) => {
        this.rates.add(count, performance.now());
        this.#count(jobId, { slices: count, failed, computeMs });
        changed();
      })
      .on('pause', ({ reason }) => say({ key: pauseKey(reason, 'paused'), tone: 'wait' }))
      .on('unpause', ({ reason }) => say({ key: pauseKey(reason, 'unpaused'), tone: 'good' }))
      .on('worktime', (worktime) => say(worktimeEntry(worktime)))
      .on('warning', ({ error }) => say(warning(error, (jobId) => this.#jobs.nameOf(jobId))))
      .on('error', ({ error }) => {
        if (this.#worker === mine && this.running) this.#fail('log.failed', error);
      });
    for (const name of ['sandbox', 'slice', 'progress', 'pause', 'unpause', 'payment', 'bytes'] as const) {
      mine.on(name, changed);
    }
  }

  #count(jobId: string, sums: Totals): void {
    this.#jobs.add(jobId, sums, Date.now());
    const owner = this.#worker?.status.sandboxes.find((one) => one.jobId === jobId)?.owner ?? '';
    this.#ports.done?.(jobId, { name: this.#jobs.nameOf(jobId), owner }, sums);
  }

  #follow(settings: Settings): void {
    this.#conditions.follow(settings);
    this.#snooze.follow(settings.snoozeUntilMs);
  }

  async #resolvePayee(): Promise<void> {
    this.#payee = await payeeOf(this.#ports.settings()).catch((error: unknown) => {
      this.#ports.say(failure('log.keyFailed', error));
      return undefined;
    });
    this.#ports.changed();
  }

  get #isConnected(): boolean {
    return this.#phase === 'connected' || this.#phase === 'finishing';
  }

  #onCondition(reason: PauseReason | 'snooze', holds: boolean): void {
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

  #go(phase: Phase): void {
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
    this.#turn++;
    this.#forget();
    clearTimeout(this.#retry);
    this.#conditions.close();
    this.#snooze.close();
    this.#sleep?.();
    this.#save();
    this.#ports.say(entry);
    this.#go(phase);
  }

  /** Keeps what the worker did, and lets go of it. */
  #forget(): void {
    if (this.#worker !== undefined) this.#before = addTotals(this.#before, this.#worker.status);
    this.#worker = undefined;
    this.#applied = undefined;
  }

  #save(): void {
    const { visit } = this.status;
    this.#dayBytes.save();
    if (visit.slices === this.#saved.slices) return;
    // Another tab may have added to it meanwhile: only what is new goes in.
    const { store } = this.#ports;
    writeTotals(store, addTotals(readTotals(store), subtractTotals(visit, this.#saved)));
    this.#saved = visit;
  }
}
