/**
 * Memory of started runtimes, one a worktime: made once from files that were verified, in a sandbox that never sees job
 * code, kept with its digest, and used for as long as the files and this program stay what they were.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { sha256Hex, sha256HexAsync } from '../../../lib/crypto/sha256.js';
import { SOFTWARE_VERSION } from '../../../lib/version.js';
import type { WorktimeName } from '../../../protocol/messages/messages.js';
import type { WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { describeWorktime } from '../../../worktimes/registry.js';
import type { AssetStore } from '../../assets/asset-store.js';
import { setUpSandbox } from './set-up-sandbox.js';
import type { SandboxHost } from '../../hosts/port/sandbox-host.js';

/** After one could not be made, or did not fit, none is made for so long, milliseconds. */
const REST_MS = 10 * 60_000;
const DIGEST_LENGTH = 64;

export interface SnapshotsPorts {
  host: SandboxHost;
  clock: Clock;
  /** Absent: they live as long as the worker. */
  store?: AssetStore;
  /** Something that the owner of the machine should hear of. */
  warn: (error: unknown) => void;
}

interface Entry {
  bytes: Promise<Uint8Array | undefined>;
  /** What it is kept as. */
  key: Promise<string>;
  /** Not asked for again before this. */
  restUntilMs: number;
  /** One of this name did not fit before. */
  thrownAway: boolean;
}

export class Snapshots {
  readonly #ports: SnapshotsPorts;
  readonly #entries = new Map<string, Entry>();
  #made = 0;

  constructor(ports: SnapshotsPorts) {
    this.#ports = ports;
  }

  /**
   * A snapshot for the worktime of these files, made where there is none; undefined where there can be none, and the
   * runtime has to start without. Never rejects.
   */
  async get(worktime: WorktimeName, files: WorktimeFiles): Promise<Uint8Array | undefined> {
    if (describeWorktime(worktime.name)?.snapshot !== true) return undefined;
    const name = `${worktime.name} ${worktime.version}`;
    const known = this.#entries.get(name);
    if (known !== undefined) {
      const bytes = await known.bytes;
      if (bytes !== undefined || this.#ports.clock.monotonicMs() < known.restUntilMs) return bytes;
      // Another caller may have begun while this one waited.
      const latest = this.#entries.get(name);
      if (latest !== known && latest !== undefined) return latest.bytes;
    }
    const thrownAway = known?.thrownAway ?? false;
    const key = keyOf(worktime, files, this.#ports.host.isolation);
    const entry: Entry = { bytes: this.#obtain(key, worktime, files), key, restUntilMs: 0, thrownAway };
    this.#entries.set(name, entry);
    const bytes = await entry.bytes;
    if (bytes === undefined) entry.restUntilMs = this.#ports.clock.monotonicMs() + REST_MS;
    return bytes;
  }

  /** A sandbox could not use it: it is thrown away, and made again; a second time only after a while. */
  misfit(worktime: WorktimeName): void {
    const name = `${worktime.name} ${worktime.version}`;
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    void entry.key.then((key) => this.#ports.store?.delete(key));
    const restUntilMs = entry.thrownAway ? this.#ports.clock.monotonicMs() + REST_MS : 0;
    this.#entries.set(name, { ...entry, bytes: Promise.resolve(undefined), restUntilMs, thrownAway: true });
  }

  async #obtain(
    keyed: Promise<string>,
    worktime: WorktimeName,
    files: WorktimeFiles,
  ): Promise<Uint8Array | undefined> {
    const key = await keyed;
    const kept = await this.#ports.store?.read(key);
    const bytes = kept === undefined ? undefined : await unseal(kept);
    return bytes ?? this.#make(key, worktime, files);
  }

  async #make(key: string, worktime: WorktimeName, files: WorktimeFiles): Promise<Uint8Array | undefined> {
    const { host, clock, store, warn } = this.#ports;
    try {
      const owner = `snapshot:${++this.#made}`;
      const message = { type: 'make-snapshot', worktime, assets: files } as const;
      const { sandbox, answer } = await setUpSandbox(host, clock, owner, message);
      sandbox.kill();
      if (answer.type !== 'snapshot') return undefined;
      await store?.set(key, await seal(answer.bytes));
      return answer.bytes;
    } catch (error) {
      warn(error);
      return undefined;
    }
  }
}

/** Changes with every byte of the files, with this program and with the kind of sandbox. */
async function keyOf(worktime: WorktimeName, files: WorktimeFiles, isolation: string): Promise<string> {
  const parts = [SOFTWARE_VERSION, isolation, worktime.name, worktime.version];
  for (const name of Object.keys(files).sort()) {
    const file = files[name];
    if (file instanceof Uint8Array) parts.push(name, await sha256HexAsync(file));
  }
  return `snapshot-${sha256Hex(new TextEncoder().encode(parts.join('\n')))}`;
}

/** The digest, then the bytes. */
async function seal(bytes: Uint8Array): Promise<Uint8Array> {
  const sealed = new Uint8Array(DIGEST_LENGTH + bytes.byteLength);
  sealed.set(new TextEncoder().encode(await sha256HexAsync(bytes)));
  sealed.set(bytes, DIGEST_LENGTH);
  return sealed;
}

/** The bytes behind their digest; undefined where that is not theirs. */
async function unseal(sealed: Uint8Array): Promise<Uint8Array | undefined> {
  const digest = new TextDecoder().decode(sealed.subarray(0, DIGEST_LENGTH));
  const bytes = sealed.slice(DIGEST_LENGTH);
  return (await sha256HexAsync(bytes)) === digest ? bytes : undefined;
}
