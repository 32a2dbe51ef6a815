/**
 * Builds the package of a job from its settings. Small parts are inline; large parts become blobs.
 * @module
 */
import type { ModuleFile } from '../../protocol/job/job-modules.js';
import type { InlineOrBlob, JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import type { JobFS } from '../../jobfs/job-fs.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { RemoteDataSet } from '../../protocol/input/remote-sets.js';
import { encodeValue } from '../../protocol/values/values.js';
import { moduleResolverOf } from '../../worktimes/module-resolvers.js';
import { describeWorktime } from '../../worktimes/registry.js';
import { toBlobRef } from '../../client/http/blob-client.js';
import type { Bundler, ModuleBundle } from '../../worktimes/packing/bundler.js';
import { bundleRequired, bundleWork } from './bundle-work.js';
import type { LibraryImports } from './library-imports.js';
import { packCustomWorktime, type CustomWorktime } from './custom-worktime.js';
import type { ModuleSettings } from '../modules/module-settings.js';
import { isBlob } from '../arguments/read-blob.js';
import { withErrorPath } from '../arguments/error-path.js';
import type { ModulePorts, PackedModules } from '../modules/pack-modules.js';
import { packOrigins } from './pack-settings.js';
import { packSource } from './work-function.js';
import type { WorkSource } from './work-source.js';

/** A larger part becomes a blob, which workers download once and cache. */
const INLINE_BYTES_MAX = 64 * 1024;

/** The settings of a job in the form of its package. */
export interface PackSettings {
  readonly work: WorkSource;
  readonly args: readonly unknown[];
  /** Constants that the work function finds as globals, by name. */
  readonly captured: Readonly<Record<string, unknown>>;
  readonly worktime: string;
  readonly worktimeVersion: string | undefined;
  readonly customWorktime: CustomWorktime | undefined;
  readonly modules: ModuleSettings['modules'];
  readonly wheels: ModuleSettings['wheels'];
  readonly isolation: JobPackage['isolation'];
  readonly wasm?: WasmCall;
  readonly fs: JobFS | undefined;
  /** The npm libraries that the work function may require. */
  readonly imports: LibraryImports;
  /** The origins that input may be downloaded from. */
  readonly origins: readonly string[];
  readonly env: JobPackage['env'];
  /** With the hashes of their secrets. */
  readonly groups: readonly GroupCredential[];
  readonly public: JobPackage['public'];
  readonly limits: JobPackage['limits'];
}

export interface BuiltPackage {
  bytes: Uint8Array;
  digest: string;
  /** The blobs to upload before the job is deployed. */
  blobs: { ref: BlobRef; bytes: Uint8Array }[];
  /** The source map of the work function, if it was bundled. */
  sourceMap?: Uint8Array | undefined;
  /** The groups with a secret, which is proved before the job is deployed. The package contains only their keys. */
  secretGroups: Required<GroupCredential>[];
}

/** What building a package needs of the platform. */
export interface BuildPorts {
  readonly readModule: (url: URL) => Promise<Uint8Array>;
  readonly modulePorts: () => Promise<ModulePorts>;
  readonly bundler?: Bundler | undefined;
  readonly makeJobFS: () => JobFS;
  readonly warn: (text: string) => void;
  readonly fetch: typeof fetch;
  /** Ends what is fetched. */
  readonly signal?: AbortSignal;
}

/**
 * @throws INVALID_ARGUMENT, WORK_FUNCTION_INVALID, BUNDLER_MISSING, MODULES_UNRESOLVED, FETCH_FAILED, VALUE_NOT_CLONEABLE and the errors of `JobFS.pack`
 */
export async function buildPackage(settings: PackSettings, ports: BuildPorts): Promise<BuiltPackage> {
  const blobs: BuiltPackage['blobs'] = [];
  const { worktime, wasm, groups } = settings;
  const { readModule, bundler } = ports;
  const custom = await packCustomWorktime(settings.customWorktime, worktime, readModule);
  const isCustom = custom !== undefined;
  const captured = await packConstants(settings.captured, { worktime, isCustom });
  const target = { worktime, isCustom, ...(wasm && { wasm }), captured: Object.keys(settings.captured) };
  const bundle = await bundleWork(settings.work, target, bundler, readModule);
  const libraries = await bundleRequired(settings.imports, target, bundler);
  const readWork = bundle === undefined ? readModule : () => Promise.resolve(bundle.bytes);
  const packed = await packSource(settings.work, { ...target, isBundle: bundle !== undefined }, readWork);
  const { bytes: source, sourceKind } = packed;
  const bundles = [bundle, libraries].filter((one) => one !== undefined);
  for (const text of bundles.flatMap(({ warnings }) => warnings)) ports.warn(text);
  const range = worktimeRange(settings);
  const text = sourceKind === 'bytes' ? undefined : new TextDecoder().decode(source);
  const wanted = { name: worktime, range, isCustom: custom !== undefined };
  const packages = needsModules(settings, wanted, text)
    ? await (
        await import('../modules/pack-modules.js')
      ).packModules(settings, wanted, text, await ports.modulePorts())
    : undefined;
  const bytes = encodeJobPackage({
    version: 2,
    worktime: { name: worktime, range: packages?.version ?? range },
    ...(custom && { customWorktime: { ...custom, source: asBlob(custom.source, blobs) } }),
    source: inlineOrBlob(source, blobs),
    sourceKind,
    ...(wasm && { wasm }),
    ...packLibraries(settings.imports, libraries, blobs),
    ...(bundle?.sourceMap && { sourceMap: asBlob(bundle.sourceMap, blobs) }),
    args: inlineOrBlob(encodeArgs(await readArgs(settings.args, ports)), blobs),
    ...captured,
    ...(await packFiles(settings.fs ?? filesFor(bundles, ports), bundles, blobs)),
    ...(packages && { modules: { ...packages.modules, files: asModuleFiles(packages.files, blobs) } }),
    ...packOrigins(settings.origins),
    env: settings.env,
    requirements: {},
    groups: groups.map(({ key }) => ({ key })),
    votes: 1,
    public: settings.public,
    isolation: settings.isolation,
    limits: settings.limits,
  });
  const secretGroups = groups.filter(hasSecret);
  return { bytes, digest: packageDigest(bytes), blobs, secretGroups, sourceMap: bundle?.sourceMap };
}

/** Whether the code that resolves packages is loaded: few jobs need it. */
function needsModules(
  { modules }: PackSettings,
  { name, isCustom }: { name: string; isCustom: boolean },
  source: string | undefined,
): boolean {
  if (modules.length > 0) return true;
  return !isCustom && source !== undefined && moduleResolverOf(name)?.isRequestedBy(source) === true;
}

const hasSecret = (group: GroupCredential): group is Required<GroupCredential> =>
  group.secretHash !== undefined;

function worktimeRange({ worktime, worktimeVersion }: PackSettings): string {
  return worktimeVersion ?? describeWorktime(worktime)?.defaultRange ?? '*';
}

async function packConstants(
  constants: PackSettings['captured'],
  target: { worktime: string; isCustom: boolean },
): Promise<Pick<JobPackage, 'captured'>> {
  if (Object.keys(constants).length === 0) return {};
  const { packCaptured } = await import('./captured-constants.js');
  return packCaptured(constants, target);
}

/** Few jobs have arguments that are files or addresses. */
async function readArgs(
  args: readonly unknown[],
  { fetch, signal }: BuildPorts,
): Promise<readonly unknown[]> {
  const isRead = (arg: unknown): boolean => arg instanceof RemoteDataSet || arg instanceof URL || isBlob(arg);
  if (!args.some(isRead)) return args;
  const { resolveArguments } = await import('./resolve-arguments.js');
  return resolveArguments(args, fetch, signal);
}

function encodeArgs(args: readonly unknown[]): Uint8Array {
  try {
    return encodeValue([...args]);
  } catch (error) {
    throw withErrorPath(error, 'args');
  }
}

function packLibraries(
  imports: LibraryImports,
  script: ModuleBundle | undefined,
  blobs: BuiltPackage['blobs'],
): Pick<JobPackage, 'libraries'> {
  if (script === undefined) return {};
  return { libraries: { ...asBlob(script.bytes, blobs), names: [...imports.keys()].sort() } };
}

/** Files for a job without any, where its bundles have some. */
function filesFor(bundles: readonly ModuleBundle[], { makeJobFS }: BuildPorts): JobFS | undefined {
  return bundles.some(({ files }) => files.size > 0) ? makeJobFS() : undefined;
}

async function packFiles(
  fs: JobFS | undefined,
  bundles: readonly ModuleBundle[],
  blobs: BuiltPackage['blobs'],
): Promise<Pick<JobPackage, 'fs'>> {
  const more = new Map(bundles.flatMap(({ files }) => [...files]));
  if (fs === undefined || (fs.isEmpty && more.size === 0)) return {};
  const { bytes, cwd } = await fs.pack(more);
  const ref = toBlobRef(bytes);
  blobs.push({ ref, bytes });
  return { fs: { blob: ref.digest, bytes: ref.bytes, cwd } };
}

function inlineOrBlob(bytes: Uint8Array, blobs: BuiltPackage['blobs']): InlineOrBlob {
  return bytes.length <= INLINE_BYTES_MAX ? { inline: bytes } : asBlob(bytes, blobs);
}

function asModuleFiles(files: PackedModules['files'], blobs: BuiltPackage['blobs']): ModuleFile[] {
  return files.map(({ name, bytes }) => {
    const ref = toBlobRef(bytes);
    blobs.push({ ref, bytes });
    return { name, blob: ref.digest, bytes: ref.bytes };
  });
}

/** A blob whatever its size: workers cache it by its digest for other jobs. */
function asBlob(bytes: Uint8Array, blobs: BuiltPackage['blobs']): Extract<InlineOrBlob, { blob: string }> {
  const ref = toBlobRef(bytes);
  blobs.push({ ref, bytes });
  return { blob: ref.digest, bytes: ref.bytes };
}
