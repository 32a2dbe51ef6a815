/**
 * What the resolution of packages needs, taken from the deployer's connection and ports. A file of a worktime comes from
 * this machine where that release is installed, else from the scheduler.
 * @module
 */
import { readBounded } from '../../client/http/read-bounded.js';
import { ManyhandsError } from '../../lib/errors.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { PACKAGES_PATH, PACKAGE_LIST_PATH } from '../../protocol/wire/offered-paths.js';
import type { PackageFolder } from '../../worktimes/packing/module-resolver.js';
import { assetName } from '../../worktimes/registry.js';
import type { DeployerContext } from '../connection/context.js';
import type { ModulePorts } from '../modules/pack-modules.js';

const MANIFEST_BYTES_MAX = 1024 * 1024;

export function modulePorts({ connection, client, blobs, ports }: DeployerContext): ModulePorts {
  const { http } = client.url;
  return {
    fetch: ports.fetch,
    files: ports.packages,
    offered: async () => [await offeredPackages(ports.fetch, http)],
    worktimes: async () => (await connection.open()).worktimes,
    async worktimeFile(worktime, name) {
      const installed = await ports.packages?.worktimeFile(worktime, name);
      if (installed !== undefined) return installed;
      const asset = await findAsset(ports.fetch, http, assetName(worktime, name), worktime);
      return blobs.download(`${http}${asset.path}`, asset.sha256, { bytesMax: BLOB_BYTES_MAX });
    },
  };
}

/** The packages that the scheduler's operator offers, as a folder. */
async function offeredPackages(load: typeof fetch, http: string): Promise<PackageFolder> {
  const url = `${http}${PACKAGE_LIST_PATH}`;
  const get = async (address: string, bytesMax: number): Promise<Uint8Array | undefined> => {
    const answer = await load(address).catch(() => undefined);
    if (answer?.ok === true) return readBounded(answer, bytesMax);
    await answer?.body?.cancel();
    return undefined;
  };
  const list = await get(url, MANIFEST_BYTES_MAX);
  const { packages } = (list === undefined ? {} : JSON.parse(new TextDecoder().decode(list))) as {
    packages?: unknown;
  };
  const names = Array.isArray(packages)
    ? packages.filter((one): one is string => typeof one === 'string')
    : [];
  return {
    label: 'the packages of the scheduler',
    list: () => Promise.resolve(names),
    async read(name) {
      const bytes = await get(`${http}${PACKAGES_PATH}${encodeURIComponent(name)}`, BLOB_BYTES_MAX);
      if (bytes !== undefined) return bytes;
      const text = `The package ${name} cannot be read from the scheduler at ${http}. Try again, or set job.wheels.`;
      throw new ManyhandsError('MODULES_UNRESOLVED', text, { name });
    },
  };
}

interface Asset {
  path: string;
  sha256: string;
}

async function findAsset(
  load: typeof fetch,
  http: string,
  name: string,
  worktime: WorktimeName,
): Promise<Asset> {
  const url = `${http}/assets/manifest.json`;
  try {
    const answer = await load(url);
    const bytes = answer.ok ? await readBounded(answer, MANIFEST_BYTES_MAX) : undefined;
    if (bytes === undefined) throw new Error(`status ${answer.status}`);
    const { assets } = JSON.parse(new TextDecoder().decode(bytes)) as {
      assets: Partial<Asset & { name: string }>[];
    };
    const { path = '', sha256 = '' } = assets.find((asset) => asset.name === name) ?? {};
    if (!/^\/[^/]/.test(path) || !DIGEST_PATTERN.test(sha256)) throw new Error(`it does not list ${name}`);
    return { path, sha256 };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text =
      `The lock file of ${worktime.name} ${worktime.version} cannot be read from the scheduler: ${url}: ${why}. ` +
      'Its operator can serve that release; docs/python-packages.md tells how.';
    throw new ManyhandsError('MODULES_UNRESOLVED', text, { name: worktime.name }, { cause });
  }
}
