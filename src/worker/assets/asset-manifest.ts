/**
 * The files from which sandboxes in a browser start: the scheduler serves them and lists them with their digests in
 * /assets/manifest.json. Each file is verified before use.
 * @module
 */
import { readBounded } from '../../client/http/read-bounded.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import { BLOB_BYTES_MAX, SANDBOX_ORIGINS_MAX } from '../../protocol/limits.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { assetName, describeWorktime } from '../../worktimes/registry.js';
import type { BlobCache } from './blob-cache.js';
import { rememberDigest } from './file-digests.js';

/** A file; `url` is absolute. */
export interface Asset {
  url: string;
  sha256: string;
  bytes: number;
}

const MANIFEST_BYTES_MAX = 1024 * 1024;
const ASSETS_MAX = 1_000;

export class AssetManifest {
  readonly #http: string;
  readonly #fetch: typeof fetch;
  readonly #blobs: BlobCache;
  #assets: Promise<Map<string, Asset>> | undefined;
  #sandboxOrigins: readonly string[] = [];

  /** `http`: the scheduler's address, without a trailing slash. */
  constructor(http: string, load: typeof fetch, blobs: BlobCache) {
    this.#http = http;
    this.#fetch = load;
    this.#blobs = blobs;
  }

  /** @throws ISOLATION_UNAVAILABLE where the scheduler has no such file, CONNECT_FAILED */
  async find(name: string): Promise<Asset> {
    const asset = (await this.#load()).get(name);
    if (asset !== undefined) return asset;
    const text = `The scheduler at ${this.#http} does not serve ${name}, which sandboxes need. Is its build complete?`;
    throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { name });
  }

  /** Other origins that serve the sandbox frame. Rejects as `find`. */
  async sandboxOrigins(): Promise<readonly string[]> {
    await this.#load();
    return this.#sandboxOrigins;
  }

  /** The files of a worktime, by name. Rejects as `find`, and with BLOB_MISMATCH. */
  async worktimeFiles(worktime: WorktimeName): Promise<Record<string, Uint8Array>> {
    const { assets } = describeWorktime(worktime.name) ?? {};
    if (assets === undefined) return {};
    const { files: names, olderNames = {} } = assets;
    const listed = await this.#load();
    const files = names.map(async (latest) => {
      const older = olderNames[latest];
      const isOlder = older !== undefined && listed.has(assetName(worktime, older));
      const name = isOlder ? older : latest;
      const { url, sha256, bytes } = await this.find(assetName(worktime, name));
      const file = await this.#blobs.fetchFile(url, sha256, bytes);
      rememberDigest(file, sha256);
      return [name, file] as const;
    });
    return Object.fromEntries(await Promise.all(files));
  }

  /** Loaded once; after a failure it is loaded again. */
  #load(): Promise<Map<string, Asset>> {
    if (this.#assets === undefined) {
      this.#assets = this.#fetchManifest();
      this.#assets.catch(() => (this.#assets = undefined));
    }
    return this.#assets;
  }

  async #fetchManifest(): Promise<Map<string, Asset>> {
    const url = `${this.#http}/assets/manifest.json`;
    try {
      const answer = await this.#fetch(url);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const bytes = await readBounded(answer, MANIFEST_BYTES_MAX);
      if (bytes === undefined) throw new Error(`it has more than ${MANIFEST_BYTES_MAX} bytes`);
      return this.#read(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      if (isError(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ManyhandsError('CONNECT_FAILED', `${url} cannot be read: ${why}.`, { url }, { cause });
    }
  }

  #read(raw: unknown): Map<string, Asset> {
    const { assets: list, sandboxOrigins } = (raw ?? {}) as { assets?: unknown; sandboxOrigins?: unknown };
    this.#sandboxOrigins = readOrigins(sandboxOrigins);
    if (!Array.isArray(list) || list.length > ASSETS_MAX) throw new Error('it lists no assets');
    const assets = new Map<string, Asset>();
    for (const entry of list as unknown[]) {
      const { name, path, sha256, bytes } = (entry ?? {}) as Record<string, unknown>;
      const fits =
        typeof name === 'string' &&
        typeof path === 'string' &&
        path.startsWith('/') &&
        !path.startsWith('//') &&
        typeof sha256 === 'string' &&
        DIGEST_PATTERN.test(sha256) &&
        Number.isSafeInteger(bytes) &&
        (bytes as number) <= BLOB_BYTES_MAX;
      if (!fits) throw new Error('one of its entries is malformed');
      assets.set(name, { url: `${this.#http}${path}`, sha256, bytes: bytes as number });
    }
    return assets;
  }
}

/** Only strings that are origins; other values from the scheduler are ignored. */
function readOrigins(raw: unknown): readonly string[] {
  if (!Array.isArray(raw)) return [];
  const origins = (raw as unknown[]).filter(
    (one): one is string => typeof one === 'string' && URL.canParse(one) && new URL(one).origin === one,
  );
  return origins.slice(0, SANDBOX_ORIGINS_MAX);
}
