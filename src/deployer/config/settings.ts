/**
 * The settings of a job handle, with their defaults and the checks of what is assigned. What needs other settings is checked
 * when the job is deployed.
 * @module
 */
import { JobFS } from '../../jobfs/job-fs.js';
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { checkBoolean, checkObject, checkText } from '../arguments/check-arguments.js';
import type { CustomWorktime } from '../package/custom-worktime.js';
import {
  checkOrigins,
  PUBLIC_GROUP,
  type ComputeGroup,
  type JobLimits,
  type PublicInfo,
} from '../package/pack-settings.js';
import { checkMetadata, checkTags } from '../package/pack-details.js';
import { DEFAULT_WORKTIME, type BuiltInWorktime } from '../../worktimes/registry.js';
import { checkTexts, type TextOrUrl } from '../modules/module-settings.js';
import { READ_AHEAD_DEFAULT, readLimits, type ReadAheadLimits } from './read-ahead-limits.js';

/** The name of a worktime. An unknown name is rejected when the job is deployed. */
export type WorktimeId = BuiltInWorktime | (string & {});

/** Each may be changed until the job is deployed, and throws JOB_STATE afterwards. */
export interface Settings {
  /** The worktime that runs the work function: JavaScript, Python or WebAssembly. */
  worktime: WorktimeId;
  /** A semver range of the worktime's version. @default the versions that this release supports */
  worktimeVersion: string | undefined;
  /** A worktime that is shipped with the job and used in place of those of the workers. */
  customWorktime: CustomWorktime | undefined;
  /**
   * The packages that the work function may import: requirements such as `'sympy>=1.13'`, the text of a `requirements.txt`,
   * or the path or URL of one. They are resolved when the job is deployed.
   */
  modules: TextOrUrl | readonly TextOrUrl[];
  /** Where packages are taken from: folders of wheels, and addresses of package indexes (http, https). */
  wheels: TextOrUrl | readonly TextOrUrl[];
  /** How the WebAssembly module is called, if its exports do not determine it. */
  wasm: WasmCall;
  /**
   * Whether slices of the job may share a sandbox ('job'), or each slice gets a new one ('slice'), which costs a
   * sandbox start for each slice.
   * @default 'job'
   */
  isolation: JobPackage['isolation'];
  /** The name, description and link of the job that workers show to their owners. */
  public: Partial<PublicInfo>;
  /** The environment variables of the work function. */
  env: Record<string, string>;
  /**
   * Origins of remote input that is added after the deployment. The origins of the first input are included
   * automatically.
   */
  origins: readonly string[];
  /** Limits of each slice, and what happens when slices fail. */
  limits: JobLimits;
  /** Names by which `compute.list({ tag })` finds the job. Workers and their owners do not see them. */
  tags: readonly string[];
  /** Anything that you note about the job, as an object of at most 8 KiB; shown by `compute.list`, not to workers. */
  metadata: Record<string, unknown>;
  /**
   * Whether the handle keeps the results. If not, its memory stays bounded and the results come by `result` events
   * only. It may be changed until the handle follows the job.
   */
  collateResults: boolean;
  /** How far an input of unknown length is read ahead of the finished slices; `Infinity` sets no limit. */
  readAhead: ReadAheadLimits;
  /** Whether the job is closed after its input is sent. */
  autoClose: boolean;
  /**
   * The compute groups whose workers may take the job. `push` adds to the public group, assigning replaces it. Secrets
   * never leave this process.
   */
  computeGroups: ComputeGroup[];
  /** The files of the job. */
  fs: JobFS;
}

/** The settings of a new handle. The files are created when they are first used. */
export function defaultSettings(): Omit<Settings, 'fs'> & { fs: JobFS | undefined } {
  return {
    worktime: DEFAULT_WORKTIME,
    worktimeVersion: undefined,
    customWorktime: undefined,
    modules: [],
    wheels: [],
    wasm: {},
    isolation: 'job',
    public: { name: null, description: null, link: null },
    env: {},
    origins: [],
    limits: {},
    tags: [],
    metadata: {},
    collateResults: true,
    readAhead: { ...READ_AHEAD_DEFAULT },
    autoClose: true,
    computeGroups: [{ ...PUBLIC_GROUP }],
    fs: undefined,
  };
}

/** The form in which an assigned value is kept. Each throws INVALID_ARGUMENT, that of `readAhead` also UNKNOWN_OPTION. */
export const SETTING_CHECKS: { readonly [K in keyof Settings]: (value: Settings[K]) => Settings[K] } = {
  worktime: (name) => checkText('job.worktime', name),
  worktimeVersion: (range) => (range === undefined ? undefined : checkText('job.worktimeVersion', range)),
  customWorktime: (custom) => custom,
  modules: (given) => checkTexts('job.modules', given),
  wheels: (given) => checkTexts('job.wheels', given),
  wasm: (call) => checkObject('job.wasm', call),
  isolation: checkIsolation,
  public: (info) => checkObject('job.public', info),
  env: (env) => checkObject('job.env', env),
  origins: checkOrigins,
  limits: (limits) => checkObject('job.limits', limits),
  tags: checkTags,
  metadata: checkMetadata,
  collateResults: (value) => checkBoolean('job.collateResults', value),
  readAhead: (limits) => {
    readLimits(checkObject('job.readAhead', limits));
    return limits;
  },
  autoClose: (value) => checkBoolean('job.autoClose', value),
  computeGroups: (groups) => checkObject('job.computeGroups', groups),
  fs: checkFiles,
};

export const SETTING_NAMES = Object.keys(SETTING_CHECKS) as (keyof Settings)[];

function checkIsolation(isolation: JobPackage['isolation']): JobPackage['isolation'] {
  if (['job', 'slice'].includes(isolation)) return isolation;
  const text = `job.isolation must be 'job' or 'slice', not ${describeValue(isolation)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.isolation' });
}

function checkFiles(fs: JobFS): JobFS {
  if (fs instanceof JobFS) return fs;
  const text = 'job.fs must be a JobFS: import { JobFS } from "manyhands/jobfs".';
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.fs' });
}
