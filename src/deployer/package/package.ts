/**
 * Builds the package of a job from its settings. Small parts are inline; large parts become blobs.
 * @module
 */
import type { InlineOrBlob, JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { JobFS } from '../../jobfs/job-fs.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { encodeValue } from '../../protocol/values/values.js';
import { describeWorktime } from '../../worktimes/registry.js';
import { packWasm } from '../../worktimes/wasm/call-options.js';
import { toBlobRef } from '../connection/blob-transfers.js';
import { packCustomWorktime, type CustomWorktime } from './custom-worktime.js';
import { withErrorPath } from '../arguments/error-path.js';
import {
  packEnv,
  packGroups,
  packLimits,
  packOrigins,
  packPublic,
  type ComputeGroup,
  type JobLimits,
  type PublicInfo,
} from './pack-settings.js';
import { packSource, type WorkSource } from './work-function.js';

/** A larger part becomes a blob, which workers download once and cache. */
const INLINE_BYTES_MAX = 64 * 1024;

export interface PackSettings {
  jobId: string;
  work: WorkSource;
  args: readonly unknown[];
  worktime: string;
  worktimeVersion: string | undefined;
  customWorktime: CustomWorktime | undefined;
  isolation: JobPackage['isolation'];
  wasm: WasmCall;
  fs: JobFS | undefined;
  /** The origins that input may be downloaded from. */
  origins: readonly string[];
  env: Readonly<Record<string, string>>;
  computeGroups: readonly ComputeGroup[];
  public: Partial<PublicInfo>;
  limits: JobLimits;
}

export interface BuiltPackage {
  bytes: Uint8Array;
  digest: string;
  /** The blobs to upload before the job is deployed. */
  blobs: { ref: BlobRef; bytes: Uint8Array }[];
  /** The groups with a secret, which is proved before the job is deployed. The package contains only their keys. */
  secretGroups: Required<GroupCredential>[];
}

/** @throws INVALID_ARGUMENT, WORK_FUNCTION_INVALID, VALUE_NOT_CLONEABLE and the errors of `JobFS.pack` */
export async function buildPackage(
  settings: PackSettings,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<BuiltPackage> {
  const blobs: BuiltPackage['blobs'] = [];
  const { worktime, wasm } = settings;
  const custom = await packCustomWorktime(settings.customWorktime, worktime, readModule);
  const target = { worktime, wasm, isCustom: custom !== undefined };
  const { bytes: source, sourceKind } = await packSource(settings.work, target, readModule);
  const groups = packGroups(settings.computeGroups);
  const bytes = encodeJobPackage({
    version: 2,
    worktime: { name: worktime, range: worktimeRange(settings) },
    ...(custom && { customWorktime: { ...custom, source: asBlob(custom.source, blobs) } }),
    source: inlineOrBlob(source, blobs),
    sourceKind,
    ...packWasm(wasm, worktime),
    args: inlineOrBlob(encodeArgs(settings.args), blobs),
    ...(await packFiles(settings.fs, blobs)),
    ...packOrigins(settings.origins),
    env: packEnv(settings.env),
    requirements: {},
    groups: groups.map(({ key }) => ({ key })),
    votes: 1,
    public: packPublic(settings.public, settings.jobId),
    isolation: settings.isolation,
    limits: packLimits(settings.limits),
  });
  return { bytes, digest: packageDigest(bytes), blobs, secretGroups: groups.filter(hasSecret) };
}

const hasSecret = (group: GroupCredential): group is Required<GroupCredential> =>
  group.secretHash !== undefined;

function worktimeRange({ worktime, worktimeVersion }: PackSettings): string {
  return worktimeVersion ?? describeWorktime(worktime)?.defaultRange ?? '*';
}

function encodeArgs(args: readonly unknown[]): Uint8Array {
  try {
    return encodeValue([...args]);
  } catch (error) {
    throw withErrorPath(error, 'args');
  }
}

async function packFiles(
  fs: JobFS | undefined,
  blobs: BuiltPackage['blobs'],
): Promise<Pick<JobPackage, 'fs'>> {
  if (fs === undefined || fs.isEmpty) return {};
  const { bytes, cwd } = await fs.pack();
  const ref = toBlobRef(bytes);
  blobs.push({ ref, bytes });
  return { fs: { blob: ref.digest, bytes: ref.bytes, cwd } };
}

function inlineOrBlob(bytes: Uint8Array, blobs: BuiltPackage['blobs']): InlineOrBlob {
  return bytes.length <= INLINE_BYTES_MAX ? { inline: bytes } : asBlob(bytes, blobs);
}

/** A blob whatever its size: workers cache it by its digest for other jobs. */
function asBlob(bytes: Uint8Array, blobs: BuiltPackage['blobs']): InlineOrBlob {
  const ref = toBlobRef(bytes);
  blobs.push({ ref, bytes });
  return { blob: ref.digest, bytes: ref.bytes };
}
