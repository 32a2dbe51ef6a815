/**
 * What this browser has computed, by day and by job, and the log: stored in a database of the page. Each visit writes
 * its own record, so that two tabs never overwrite each other; the page shows the sum of all records.
 * @module
 */
import type { KeyValueStorage } from '../../src/entry/page.browser.js';
import type { SavedEntry } from './donor-events.js';

export interface DaySums {
  slices: number;
  /** Time in work functions, milliseconds. */
  computeMs: number;
}

export interface JobRecord extends DaySums {
  jobId: string;
  name: string;
  owner: string;
  /** When the first and the last of its slices were done here, milliseconds since 1970. */
  firstMs: number;
  lastMs: number;
}

interface Visit {
  days: Record<string, DaySums>;
  jobs: Record<string, JobRecord>;
  log: SavedEntry[];
}

/** Records of visits that are kept; older ones are deleted, their totals are stored in `totals.ts`. */
const VISITS_MAX = 400;
const JOBS_MAX = 100;
const LOG_MAX = 100;
const DAYS_SHOWN = 14;
const TEXT_MAX = 300;

/** As `2026-05-01`, in local time. */
export function dayOf(atMs: number): string {
  const at = new Date(atMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export class History {
  readonly #storage: KeyValueStorage;
  readonly #key: string;
  readonly #mine: Visit = { days: {}, jobs: {}, log: [] };
  #past: Visit = { days: {}, jobs: {}, log: [] };
  #isSaved = true;

  /** `key`: this visit's record; later visits have greater keys. */
  constructor(storage: KeyValueStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** Reads the records of other visits. A database that cannot be read counts as empty. */
  async load(): Promise<void> {
    const keys = (await this.#storage.keys().catch(() => [])).filter((key) => key !== this.#key).sort();
    const old = keys.slice(0, -VISITS_MAX);
    const kept = await Promise.all(keys.slice(-VISITS_MAX).map((key) => this.#read(key)));
    this.#past = kept.filter((one) => one !== undefined).reduce(sumOf, { days: {}, jobs: {}, log: [] });
    await Promise.allSettled(old.map((key) => this.#storage.delete(key)));
  }

  /** The last 14 days, the oldest first. */
  days(nowMs: number): [day: string, sums: DaySums][] {
    const { days } = sumOf(this.#past, this.#mine);
    return Array.from({ length: DAYS_SHOWN }, (_, i) => {
      const at = new Date(nowMs);
      at.setDate(at.getDate() - (DAYS_SHOWN - 1 - i));
      const day = dayOf(at.getTime());
      return [day, days[day] ?? { slices: 0, computeMs: 0 }];
    });
  }

  /** The job that was computed last comes first. */
  get jobs(): JobRecord[] {
    return Object.values(sumOf(this.#past, this.#mine).jobs).sort((a, b) => b.lastMs - a.lastMs);
  }

  /** The log of former visits, the oldest entry first. */
  get pastLog(): readonly SavedEntry[] {
    return this.#past.log;
  }

  add(jobId: string, about: { name: string; owner: string }, sums: DaySums, nowMs: number): void {
    const { days, jobs } = this.#mine;
    const day = dayOf(nowMs);
    days[day] = plus(days[day], sums);
    const before = jobs[jobId];
    // The latest job is last, so that the first one can be dropped.
    delete jobs[jobId];
    const name = about.name || (before?.name ?? '');
    const owner = about.owner || (before?.owner ?? '');
    const firstMs = before?.firstMs ?? nowMs;
    jobs[jobId] = { jobId, name, owner, firstMs, lastMs: nowMs, ...plus(before, sums) };
    const oldest = Object.keys(jobs)[0];
    if (Object.keys(jobs).length > JOBS_MAX && oldest !== undefined) delete jobs[oldest];
    this.#isSaved = false;
  }

  note(entry: SavedEntry): void {
    this.#mine.log.push(entry);
    this.#mine.log.splice(0, this.#mine.log.length - LOG_MAX);
    this.#isSaved = false;
  }

  /** Deletes all records. */
  async clear(): Promise<void> {
    this.#past = { days: {}, jobs: {}, log: [] };
    Object.assign(this.#mine, { days: {}, jobs: {}, log: [] });
    const keys = await this.#storage.keys();
    await Promise.all(keys.map((key) => this.#storage.delete(key)));
  }

  /** Stores what is new; an error is ignored, since the page still shows it. */
  async save(): Promise<void> {
    if (this.#isSaved) return;
    this.#isSaved = true;
    const bytes = new TextEncoder().encode(JSON.stringify(this.#mine));
    await this.#storage.set(this.#key, bytes).catch(() => undefined);
  }

  async #read(key: string): Promise<Visit | undefined> {
    const bytes = await this.#storage.get(key).catch(() => undefined);
    if (bytes === undefined) return undefined;
    try {
      return readVisit(JSON.parse(new TextDecoder().decode(bytes)));
    } catch {
      // Not written by this page, or written only in part.
      return undefined;
    }
  }
}

function plus(a: DaySums | undefined, b: DaySums): DaySums {
  return { slices: (a?.slices ?? 0) + b.slices, computeMs: (a?.computeMs ?? 0) + b.computeMs };
}

function sumOf(a: Visit, b: Visit): Visit {
  const days = { ...a.days };
  for (const [day, sums] of Object.entries(b.days)) days[day] = plus(days[day], sums);
  const jobs = { ...a.jobs };
  for (const [jobId, job] of Object.entries(b.jobs)) {
    const other = jobs[jobId];
    const firstMs = Math.min(job.firstMs, other?.firstMs ?? job.firstMs);
    const lastMs = Math.max(job.lastMs, other?.lastMs ?? job.lastMs);
    jobs[jobId] = { ...job, firstMs, lastMs, ...plus(other, job) };
  }
  return { days, jobs, log: [...a.log, ...b.log].sort((x, y) => x.atMs - y.atMs).slice(-LOG_MAX) };
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= TEXT_MAX;

/** Checks every field: any script of this origin can write to the database. */
function readVisit(value: unknown): Visit | undefined {
  if (!isFields(value) || !isFields(value.days) || !isFields(value.jobs) || !Array.isArray(value.log))
    return undefined;
  const days = Object.entries(value.days).filter(
    (entry): entry is [string, DaySums] => /^\d{4}-\d\d-\d\d$/.test(entry[0]) && isSums(entry[1]),
  );
  const jobs = Object.entries(value.jobs).filter((entry): entry is [string, JobRecord] => isJob(entry[1]));
  const log = value.log.filter(isEntry).slice(-LOG_MAX);
  return { days: Object.fromEntries(days), jobs: Object.fromEntries(jobs.slice(-JOBS_MAX)), log };
}

function isSums(value: unknown): value is DaySums {
  return isFields(value) && isAmount(value.slices) && isAmount(value.computeMs);
}

function isJob(value: unknown): value is JobRecord {
  if (!isSums(value)) return false;
  const { jobId, name, owner, firstMs, lastMs } = value as unknown as Fields;
  return [jobId, name, owner].every(isText) && isAmount(firstMs) && isAmount(lastMs);
}

function isEntry(value: unknown): value is SavedEntry {
  if (!isFields(value) || !isAmount(value.atMs)) return false;
  return typeof value.key === 'string' && (value.values === undefined || isFields(value.values));
}
