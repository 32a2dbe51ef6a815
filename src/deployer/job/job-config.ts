/**
 * What may be set on a job handle before its job is deployed.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, unknownOption } from '../../lib/options.js';
import { JobFS } from '../../jobfs/job-fs.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import type { CustomWorktime } from '../package/custom-worktime.js';
import { checkBoolean, checkKeystore, checkObject, checkText } from '../arguments/check-arguments.js';
import { JobEmitter } from './job-emitter.js';
import type { PackageSettings } from '../package/package.js';
import { READ_AHEAD_DEFAULT, readLimits, type ReadAheadLimits } from '../upload/read-ahead.js';
import type { SlicePaymentOffer } from '../package/payment.js';
import {
  checkOrigins,
  PUBLIC_GROUP,
  type ComputeGroup,
  type JobLimits,
  type PublicInfo,
} from '../package/pack-settings.js';
import { JAVASCRIPT_WORKTIME } from '../package/work-function.js';

/** A worktime that there is; another name is refused where no worker has it. */
export type WorktimeId = 'map-basic' | 'pyodide' | 'wasm' | (string & {});

/** What a handle has as properties of its own. */
const OWN_NAMES: ReadonlySet<string> = new Set(['id', 'offer', 'payer']);

/** What can be set on a handle: its setters. */
function settingNames(): string[] {
  const names = Object.getOwnPropertyNames(JobSettings.prototype);
  return names.filter((name) => {
    const found = Object.getOwnPropertyDescriptor(JobSettings.prototype, name);
    return found?.set !== undefined;
  });
}

export abstract class JobSettings<T> extends JobEmitter<T> {
  /** 22 characters; known before the job is deployed. */
  readonly id: string;
  /** Credits per slice that `exec` and `deploy` offer where they are told nothing. */
  protected offer: SlicePaymentOffer = 0;
  /** Who pays where `exec` and `deploy` are told nothing; by default the wallet's account. */
  protected payer: Keystore | undefined;
  readonly #makeJobFS: () => JobFS;
  #worktime: WorktimeId = JAVASCRIPT_WORKTIME;
  #worktimeVersion: string | undefined;
  #customWorktime: CustomWorktime | undefined;
  #wasm: WasmCall = {};
  #isolation: JobPackage['isolation'] = 'job';
  #public: Partial<PublicInfo> = { name: null, description: null, link: null };
  #env: Record<string, string> = {};
  #limits: JobLimits = {};
  #origins: readonly string[] = [];
  #computeGroups: ComputeGroup[] = [{ ...PUBLIC_GROUP }];
  #autoClose: boolean;
  #collateResults = true;
  #readAhead: ReadAheadLimits = { ...READ_AHEAD_DEFAULT };
  #fs: JobFS | undefined;

  protected constructor(options: { id: string; autoClose: boolean; makeJobFS: () => JobFS }) {
    super();
    this.id = options.id;
    this.#autoClose = options.autoClose;
    this.#makeJobFS = options.makeJobFS;
  }

  /** @throws JOB_STATE once the job is deployed */
  setSlicePaymentOffer(offer: SlicePaymentOffer): void {
    this.#change('the payment offer');
    this.offer = offer;
  }

  /** @throws JOB_STATE once the job is deployed */
  setPaymentAccountKeystore(keystore: Keystore): void {
    this.#change('the keystore that pays');
    this.payer = checkKeystore(keystore);
  }

  /** The environment that runs the work function: JavaScript, Python, or a WebAssembly module. */
  get worktime(): WorktimeId {
    return this.#worktime;
  }

  /** @throws JOB_STATE once the job is deployed */
  set worktime(name: WorktimeId) {
    this.#change('worktime');
    this.#worktime = checkText('job.worktime', name);
  }

  /** A semver range of the worktime's version. @default the versions that this release was made for */
  get worktimeVersion(): string | undefined {
    return this.#worktimeVersion;
  }

  /** @throws JOB_STATE once the job is deployed */
  set worktimeVersion(range: string | undefined) {
    this.#change('worktimeVersion');
    this.#worktimeVersion = range === undefined ? undefined : checkText('job.worktimeVersion', range);
  }

  /** A worktime that the job brings along, in place of those that workers have. */
  get customWorktime(): CustomWorktime | undefined {
    return this.#customWorktime;
  }

  /** @throws JOB_STATE once the job is deployed */
  set customWorktime(custom: CustomWorktime | undefined) {
    this.#change('customWorktime');
    this.#customWorktime = custom;
  }

  /** How a WebAssembly module is called, where that is not left to what it exports. */
  get wasm(): WasmCall {
    return this.#watched(this.#wasm, 'wasm');
  }

  /** @throws JOB_STATE once the job is deployed */
  set wasm(call: WasmCall) {
    this.#change('wasm');
    this.#wasm = checkObject('job.wasm', call);
  }

  /**
   * Whether slices of the job may share a sandbox ('job'), or each gets a fresh one ('slice'), which costs its start.
   * @default 'job'
   */
  get isolation(): JobPackage['isolation'] {
    return this.#isolation;
  }

  /** @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set isolation(isolation: JobPackage['isolation']) {
    this.#change('isolation');
    if (!['job', 'slice'].includes(isolation)) {
      const text = `job.isolation must be 'job' or 'slice', not ${describeValue(isolation)}.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.isolation' });
    }
    this.#isolation = isolation;
  }

  /** What the people who lend their machines see of the job. */
  get public(): Partial<PublicInfo> {
    return this.#watched(this.#public, 'public');
  }

  /** @throws JOB_STATE once the job is deployed */
  set public(info: Partial<PublicInfo>) {
    this.#change('public');
    this.#public = checkObject('job.public', info);
  }

  /** Environment variables of the work function. */
  get env(): Record<string, string> {
    return this.#watched(this.#env, 'env');
  }

  /** @throws JOB_STATE once the job is deployed */
  set env(env: Record<string, string>) {
    this.#change('env');
    this.#env = checkObject('job.env', env);
  }

  /**
   * Origins that input may come from by address; those of the input that it was made with need not be named. It is for
   * slices that are added later.
   */
  get origins(): readonly string[] {
    return this.#origins.slice();
  }

  /** @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set origins(origins: readonly string[]) {
    this.#change('origins');
    this.#origins = checkOrigins(origins);
  }

  get limits(): JobLimits {
    return this.#watched(this.#limits, 'limits');
  }

  /** @throws JOB_STATE once the job is deployed */
  set limits(limits: JobLimits) {
    this.#change('limits');
    this.#limits = checkObject('job.limits', limits);
  }

  /** Whether results are kept on the handle; without them memory stays flat, and `result` events carry all. */
  get collateResults(): boolean {
    return this.#collateResults;
  }

  /** @throws JOB_STATE once results come */
  set collateResults(value: boolean) {
    if (this.isFollowed)
      throw this.stateError(
        'its results come already',
        'Set collateResults before exec, wait or the first listener.',
      );
    this.#collateResults = checkBoolean('job.collateResults', value);
  }

  /** How far an input of unknown length is read ahead of what is computed; `Infinity` sets no bound. */
  get readAhead(): ReadAheadLimits {
    return this.#watched(this.#readAhead, 'readAhead');
  }

  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set readAhead(limits: ReadAheadLimits) {
    this.#change('readAhead');
    readLimits(checkObject('job.readAhead', limits));
    this.#readAhead = limits;
  }

  /** Whether the job closes itself behind its input. */
  get autoClose(): boolean {
    return this.#autoClose;
  }

  /** @throws JOB_STATE once the job is deployed */
  set autoClose(value: boolean) {
    this.#change('autoClose');
    this.#autoClose = checkBoolean('job.autoClose', value);
  }

  /** Appending keeps the public group, assigning replaces it. Secrets never leave this process. */
  get computeGroups(): ComputeGroup[] {
    return this.#watched(this.#computeGroups, 'computeGroups');
  }

  /** @throws JOB_STATE once the job is deployed */
  set computeGroups(groups: ComputeGroup[]) {
    this.#change('computeGroups');
    this.#computeGroups = checkObject('job.computeGroups', groups);
  }

  /** The job's files. */
  get fs(): JobFS {
    this.#fs ??= this.#makeJobFS();
    if (this.isBegun) this.freezeFiles();
    return this.#fs;
  }

  /** @throws JOB_STATE once the job is deployed */
  set fs(fs: JobFS) {
    this.#change('fs');
    if (!(fs instanceof JobFS)) {
      const text = 'job.fs must be a JobFS: import { JobFS } from "manyhands/jobfs".';
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.fs' });
    }
    this.#fs = fs;
  }

  /** Whether `exec` or `deploy` was called. */
  protected abstract readonly isBegun: boolean;

  protected get readAheadLimits(): Required<ReadAheadLimits> {
    return readLimits(this.#readAhead);
  }

  /** Whether the job's journal is being read. */
  protected abstract readonly isFollowed: boolean;

  /** The files travel with the job: what is added later would be lost, and is refused. */
  protected freezeFiles(): void {
    this.#fs?.freeze(() =>
      this.stateError(
        'its files cannot be changed any more',
        'Add them before exec or deploy, and give another job a JobFS of its own.',
      ),
    );
  }

  /** A name that was set on the handle and is no setting would be lost without a word. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
  protected checkNames(): void {
    for (const name of Object.keys(this)) {
      if (!OWN_NAMES.has(name)) throw unknownOption('A job', name, settingNames());
    }
    readLimits(this.#readAhead);
  }

  /** The settings as they are now. */
  protected packageSettings(): Omit<PackageSettings, 'work' | 'args'> {
    return {
      jobId: this.id,
      worktime: this.#worktime,
      worktimeVersion: this.#worktimeVersion,
      customWorktime: this.#customWorktime,
      isolation: this.#isolation,
      wasm: this.#wasm,
      fs: this.#fs,
      env: this.#env,
      origins: this.#origins,
      computeGroups: this.#computeGroups,
      public: this.#public,
      limits: this.#limits,
    };
  }

  protected stateError(what: string, advice: string): ManyhandsError<'JOB_STATE'> {
    return new ManyhandsError('JOB_STATE', `Job ${this.id}: ${what}. ${advice}`, { jobId: this.id });
  }

  /** A setting that is an object: what is written into it later would be lost without a word. */
  #watched<S extends object>(setting: S, what: string): S {
    if (typeof setting !== 'object' || setting === null) return setting;
    const check = (): true => {
      this.#change(what);
      return true;
    };
    return new Proxy(setting, {
      get: (target, key, receiver): unknown => {
        const value: unknown = Reflect.get(target, key, receiver);
        return typeof value === 'object' && value !== null ? this.#watched(value, what) : value;
      },
      set: (target, key, value) => check() && Reflect.set(target, key, value),
      defineProperty: (target, key, descriptor) => check() && Reflect.defineProperty(target, key, descriptor),
      deleteProperty: (target, key) => check() && Reflect.deleteProperty(target, key),
    });
  }

  #change(what: string): void {
    if (this.isBegun)
      throw this.stateError(`${what} cannot be set on a deployed job`, 'Set it before exec or deploy.');
  }
}
