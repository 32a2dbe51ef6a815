/**
 * Builds the package of a job out of its settings: what is small goes inside, what is large becomes a blob beside.
 * @module
 */
import type { InlineOrBlob, JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { JobFS } from '../../jobfs/job-fs.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { encodeValue } from '../../protocol/values/values.js';
import { describeWorktime } from '../../worktimes/registry.js';
import { packWasm } from './binary-work.js';
import { blobRef } from '../connection/blob-client.js';
import { packCustomWorktime, type CustomWorktime } from './custom-worktime.js';
import { atPath } from '../arguments/error-path.js';
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

/** What is larger travels as a blob, which workers fetch once and keep. */
const INLINE_BYTES_MAX = 64 * 1024;

export interface PackageSettings {
  jobId: string;
  work: WorkSource;
  args: readonly unknown[];
  worktime: string;
  worktimeVersion: string | undefined;
  customWorktime: CustomWorktime | undefined;
  isolation: JobPackage['isolation'];
  wasm: WasmCall;
  fs: JobFS | undefined;
  /** Where input may come from. */
  origins: readonly string[];
  env: Readonly<Record<string, string>>;
  computeGroups: readonly ComputeGroup[];
  public: Partial<PublicInfo>;
  limits: JobLimits;
}

export interface BuiltPackage {
  bytes: Uint8Array;
  digest: string;
  /** To be stored before the job is deployed. */
  blobs: { ref: BlobRef; bytes: Uint8Array }[];
  /** The groups with a secret, which is proved before the job is deployed; the package has their keys alone. */
  secretGroups: Required<GroupCredential>[];
}

/** @throws INVALID_ARGUMENT, WORK_FUNCTION_INVALID, VALUE_NOT_CLONEABLE and what the files' packing throws */
export async function buildPackage(
  settings: PackageSettings,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<BuiltPackage> {
  const blobs: BuiltPackage['blobs'] = [];
  const { worktime, wasm } = settings;
  const custom = await packCustomWorktime(settings.customWorktime, worktime, readModule);
  const home = { worktime, wasm, isCustom: custom !== undefined };
  const { bytes: source, sourceKind } = await packSource(settings.work, home, readModule);
  const groups = packGroups(settings.computeGroups);
  const bytes = encodeJobPackage({
    version: 1,
    worktime: { name: worktime, range: worktimeRange(settings) },
    ...(custom && { customWorktime: { ...custom, source: placeBeside(custom.source, blobs) } }),
    source: place(source, blobs),
    sourceKind,
    ...packWasm(wasm, worktime),
    args: place(encodeArgs(settings.args), blobs),
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

function worktimeRange({ worktime, worktimeVersion }: PackageSettings): string {
  return worktimeVersion ?? describeWorktime(worktime)?.defaultRange ?? '*';
}

function encodeArgs(args: readonly unknown[]): Uint8Array {
  try {
    return encodeValue([...args]);
  } catch (error) {
    throw atPath(error, 'args');
  }
}

async function packFiles(
  fs: JobFS | undefined,
  blobs: BuiltPackage['blobs'],
): Promise<Pick<JobPackage, 'fs'>> {
  if (fs === undefined || fs.isEmpty) return {};
  const { bytes, cwd } = await fs.pack();
  const ref = blobRef(bytes);
  blobs.push({ ref, bytes });
  return { fs: { blob: ref.digest, bytes: ref.bytes, cwd } };
}

function place(bytes: Uint8Array, blobs: BuiltPackage['blobs']): InlineOrBlob {
  return bytes.length <= INLINE_BYTES_MAX ? { inline: bytes } : placeBeside(bytes, blobs);
}

/** Under its digest, however small: workers keep it for the next job that names it. */
function placeBeside(bytes: Uint8Array, blobs: BuiltPackage['blobs']): InlineOrBlob {
  const ref = blobRef(bytes);
  blobs.push({ ref, bytes });
  return { blob: ref.digest, bytes: ref.bytes };
}
