/**
 * The packages of a job: resolved when it is deployed, for the version of the worktime that the scheduler would choose, and
 * shipped as blobs.
 * @module
 */
import { readBounded } from '../../client/http/read-bounded.js';
import { ManyhandsError } from '../../lib/errors.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { JobModules } from '../../protocol/job/job-modules.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { moduleResolverOf, WORKTIMES_WITH_MODULES } from '../../worktimes/module-resolvers.js';
import type { Download, ModulesRequest, PackageFolder } from '../../worktimes/packing/module-resolver.js';
import { resolveWorktime } from '../../worktimes/resolve-worktime.js';
import { invalidArgument } from '../arguments/check-arguments.js';
import type { PackageFiles } from './package-files.js';
import type { ModuleSettings } from './module-settings.js';

/** How long a package index may take for one answer, milliseconds. */
const ANSWER_MS_MAX = 120_000;

/** What packing needs of the platform and the scheduler. */
export interface ModulePorts {
  fetch: typeof fetch;
  /** The worktimes that the scheduler offers. */
  worktimes: () => Promise<readonly WorktimeName[]>;
  /** A file of a worktime's release. */
  worktimeFile: ModulesRequest['worktimeFile'];
  /** Folders of packages that the scheduler offers. */
  offered?: () => Promise<readonly PackageFolder[]>;
  /** Absent where there are no files. */
  files?: PackageFiles | undefined;
}

export interface PackedModules {
  readonly modules: Omit<JobModules, 'files'>;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** The only version of the worktime that they fit; absent where they fit any. */
  readonly version?: string;
}

/** Undefined where the lists name no package. @throws INVALID_ARGUMENT, MODULES_UNRESOLVED, WORKTIME_UNKNOWN */
export async function packModules(
  { modules, wheels }: ModuleSettings,
  target: { readonly name: string; readonly range: string; readonly isCustom: boolean },
  source: string | undefined,
  ports: ModulePorts,
): Promise<PackedModules | undefined> {
  const resolver = target.isCustom ? undefined : moduleResolverOf(target.name);
  if (resolver === undefined) {
    const [first] = WORKTIMES_WITH_MODULES;
    const own = target.isCustom ? 'its own' : `'${target.name}'`;
    throw invalidArgument(
      `job.modules are packages for the worktime '${first}', and the job's is ${own}. Set job.worktime = '${first}'.`,
    );
  }
  const resolve = await resolver.load();
  const [folders, indexes] = placesOf(wheels, ports.files);
  const resolved = await resolve({
    ...(await readLists(modules, ports.files)),
    source,
    worktime: () => chooseWorktime(target, ports),
    worktimeFile: ports.worktimeFile,
    sources: {
      folders: [...folders, ...((await ports.offered?.()) ?? [])],
      indexes,
      defaultIndex: ports.files && (() => ports.files!.defaultIndex()),
      download: downloadBy(ports.fetch),
    },
  });
  if (resolved === undefined) return undefined;
  const imports = [...new Set(resolved.imports)].sort();
  return {
    modules: imports.length === 0 ? {} : { imports },
    files: resolved.files,
    ...(resolved.worktime && { version: resolved.worktime.version }),
  };
}

async function chooseWorktime(
  { name, range }: { readonly name: string; readonly range: string },
  ports: ModulePorts,
): Promise<WorktimeName> {
  const available = await ports.worktimes();
  const found = resolveWorktime(available, name, range);
  if (found !== undefined) return found;
  const names = available.map((one) => `${one.name} ${one.version}`);
  const text = `The scheduler has no worktime ${name} ${range}; it has ${names.join(', ')}.`;
  throw new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range, available: names });
}

/** The folders and the indexes among `job.wheels`. */
function placesOf(
  wheels: ModuleSettings['wheels'],
  files: PackageFiles | undefined,
): [folders: PackageFolder[], indexes: string[]] {
  const isIndex = (place: string | URL): boolean => /^https?:\/\//i.test(String(place));
  const folders = wheels.filter((place) => !isIndex(place));
  if (folders.length > 0 && files === undefined)
    throw invalidArgument('job.wheels must be the address of a package index: a page has no folders.');
  return [folders.map((folder) => files!.openFolder(folder)), wheels.filter(isIndex).map(String)];
}

/** An entry is a requirement, the text of a list of them, or the file of one. */
async function readLists(
  modules: ModuleSettings['modules'],
  files: PackageFiles | undefined,
): Promise<Pick<ModulesRequest, 'requirements' | 'lists'>> {
  const requirements: string[] = [];
  const lists: { name: string; text: string }[] = [];
  for (const entry of modules) {
    if (entry instanceof URL || /\.(txt|in)$/i.test(entry)) {
      if (files === undefined)
        throw invalidArgument('job.modules cannot name a file in a page: pass the text of requirements.txt.');
      lists.push({ name: String(entry), text: await files.readText(entry) });
    } else if (entry.includes('\n')) lists.push({ name: 'job.modules', text: entry });
    else requirements.push(entry);
  }
  return { requirements, lists };
}

function downloadBy(load: typeof fetch): Download {
  return async (url, { accept, bytesMax }) => {
    const headers: Record<string, string> = accept === undefined ? {} : { accept };
    const answer = await load(url, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch(
      (cause: unknown) => {
        const { cause: inner } = cause as { cause?: unknown };
        throw new Error(inner instanceof Error ? inner.message : messageOf(cause), { cause });
      },
    );
    const { status } = answer;
    const about = { status, contentType: answer.headers.get('content-type') ?? '', url: answer.url || url };
    if (!answer.ok) {
      await answer.body?.cancel();
      if (status !== 404) throw new Error(`status ${status}`);
      return { ...about, bytes: new Uint8Array(0) };
    }
    const bytes = await readBounded(answer, bytesMax);
    if (bytes === undefined) throw new Error(`it has more than ${Math.min(bytesMax, BLOB_BYTES_MAX)} bytes`);
    return { ...about, bytes };
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
