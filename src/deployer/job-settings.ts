/**
 * What may be set on a job handle before its job is deployed.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { JobFS } from '../jobfs/job-fs.js';
import type { Keystore } from '../wallet/keystore.js';
import { JobEmitter } from './job-emitter.js';
import type { PackageSettings } from './package.js';
import type { SlicePaymentOffer } from './payment.js';
import { PUBLIC_GROUP, type ComputeGroup, type JobLimits, type PublicInfo } from './settings.js';
import { JAVASCRIPT_WORKTIME } from './work-function.js';

export abstract class JobSettings<T> extends JobEmitter<T> {
  /** 22 characters; known before the job is deployed. */
  readonly id: string;
  /** The environment that runs the work function: `map-basic` (JavaScript) or `pyodide` (Python). */
  worktime = JAVASCRIPT_WORKTIME;
  /** A semver range of the worktime's version. @default the versions that this release was made for */
  worktimeVersion: string | undefined;
  /** What the people who lend their machines see of the job. */
  public: Partial<PublicInfo> = { name: null, description: null, link: null };
  /** Environment variables of the work function. */
  env: Record<string, string> = {};
  limits: JobLimits = {};
  /** Whether results are kept on the handle; without them memory stays flat, and `result` events carry all. */
  collateResults = true;

  /** Credits per slice that `exec` and `deploy` offer where they are told nothing. */
  protected offer: SlicePaymentOffer = 0;
  /** Who pays where `exec` and `deploy` are told nothing; by default the wallet's account. */
  protected payer: Keystore | undefined;
  readonly #makeJobFS: () => JobFS;
  #computeGroups: ComputeGroup[] = [{ ...PUBLIC_GROUP }];
  #autoClose: boolean;
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
    this.payer = keystore;
  }

  /** Whether the job closes itself behind its input. */
  get autoClose(): boolean {
    return this.#autoClose;
  }

  /** @throws JOB_STATE once the job is deployed */
  set autoClose(value: boolean) {
    this.#change('autoClose');
    this.#autoClose = value;
  }

  /** Appending keeps the public group, assigning replaces it. Secrets never leave this process. */
  get computeGroups(): ComputeGroup[] {
    return this.#computeGroups;
  }

  /** @throws JOB_STATE once the job is deployed */
  set computeGroups(groups: ComputeGroup[]) {
    this.#change('computeGroups');
    this.#computeGroups = groups;
  }

  /** The job's files. */
  get fs(): JobFS {
    return (this.#fs ??= this.#makeJobFS());
  }

  /** @throws JOB_STATE once the job is deployed */
  set fs(fs: JobFS) {
    this.#change('fs');
    this.#fs = fs;
  }

  /** Whether `exec` or `deploy` was called. */
  protected abstract readonly isBegun: boolean;

  /** The settings as they are now. */
  protected packageSettings(): Omit<PackageSettings, 'work' | 'args'> {
    const { id, worktime, worktimeVersion, env, computeGroups, limits } = this;
    return {
      jobId: id,
      worktime,
      worktimeVersion,
      fs: this.#fs,
      env,
      computeGroups,
      public: this.public,
      limits,
    };
  }

  protected stateError(what: string, advice: string): ManyhandsError<'JOB_STATE'> {
    return new ManyhandsError('JOB_STATE', `Job ${this.id}: ${what}. ${advice}`, { jobId: this.id });
  }

  #change(what: string): void {
    if (this.isBegun)
      throw this.stateError(`${what} cannot be set on a deployed job`, 'Set it before exec or deploy.');
  }
}
