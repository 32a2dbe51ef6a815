/**
 * Memory snapshots of started runtimes, one for each worktime. A snapshot is made from verified files in a sandbox that
 * never runs job code, is stored with its digest, and is valid for these files and this version of the program.
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

/** Cool-down after a snapshot could not be made or used, milliseconds. */
const COOLDOWN_MS = 10 * 60_000;
const DIGEST_LENGTH = 64;

export interface SnapshotsPorts {
  host: SandboxHost;
  clock: Clock;
  /** Absent: snapshots are kept in memory only. */
  store?: AssetStore;
  /** Reports a failure to the owner of the machine. */
  warn: (error: unknown) => void;
}

interface Entry {
  bytes: Promise<Uint8Array | undefined>;
  /** Its key in the store. */
  key: Promise<string>;
  /** Not made again before this time, monotonic clock. */
  cooldownUntilMs: number;
  /** An earlier snapshot of this worktime could not be used. */
  wasRejected: boolean;
}

export class Snapshots {
  readonly #ports: SnapshotsPorts;
  readonly #entries = new Map<string, Entry>();
  #made = 0;

  constructor(ports: SnapshotsPorts) {
    this.#ports = ports;
  }

  /**
   * A snapshot for the worktime of these files, made if necessary; undefined where there is none, so that the runtime
   * starts without. Never rejects.
   */
  async get(worktime: WorktimeName, files: WorktimeFiles): Promise<Uint8Array | undefined> {
    const descriptor = describeWorktime(worktime.name);
    // Those of other releases have another layout.
    if (descriptor?.snapshot !== true || descriptor.version !== worktime.version) return undefined;
    const name = `${worktime.name} ${worktime.version}`;
    const known = this.#entries.get(name);
    if (known !== undefined) {
      const bytes = await known.bytes;
      if (bytes !== undefined || this.#ports.clock.monotonicMs() < known.cooldownUntilMs) return bytes;
      // Another caller may have started while this one waited.
      const latest = this.#entries.get(name);
      if (latest !== known && latest !== undefined) return latest.bytes;
    }
    const wasRejected = known?.wasRejected ?? false;
    const key = keyOf(worktime, files, this.#ports.host.isolation);
    const entry: Entry = {
      bytes: this.#loadOrMake(key, worktime, files),
      key,
      cooldownUntilMs: 0,
      wasRejected,
    };
    this.#entries.set(name, entry);
    const bytes = await entry.bytes;
    if (bytes === undefined) entry.cooldownUntilMs = this.#ports.clock.monotonicMs() + COOLDOWN_MS;
    return bytes;
  }

  /** A sandbox could not use the snapshot: it is deleted and made again; after a second failure only after a cool-down. */
  reject(worktime: WorktimeName): void {
    const name = `${worktime.name} ${worktime.version}`;
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    void entry.key.then((key) => this.#ports.store?.delete(key));
    const cooldownUntilMs = entry.wasRejected ? this.#ports.clock.monotonicMs() + COOLDOWN_MS : 0;
    this.#entries.set(name, {
      ...entry,
      bytes: Promise.resolve(undefined),
      cooldownUntilMs,
      wasRejected: true,
    });
  }

  async #loadOrMake(
    pendingKey: Promise<string>,
    worktime: WorktimeName,
    files: WorktimeFiles,
  ): Promise<Uint8Array | undefined> {
    const key = await pendingKey;
    const kept = await this.#ports.store?.read(key);
    const bytes = kept === undefined ? undefined : await checkSnapshot(kept);
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
      await store?.set(key, await withDigest(answer.bytes));
      return answer.bytes;
    } catch (error) {
      warn(error);
      return undefined;
    }
  }
}

/** Depends on every byte of the files, on the version of this program and on the kind of sandbox. */
async function keyOf(worktime: WorktimeName, files: WorktimeFiles, isolation: string): Promise<string> {
  const parts = [SOFTWARE_VERSION, isolation, worktime.name, worktime.version];
  for (const name of Object.keys(files).sort()) {
    const file = files[name];
    if (file instanceof Uint8Array) parts.push(name, await sha256HexAsync(file));
  }
  return `snapshot-${sha256Hex(new TextEncoder().encode(parts.join('\n')))}`;
}

/** A snapshot as it is stored: its digest, then its bytes. */
async function withDigest(snapshot: Uint8Array): Promise<Uint8Array> {
  const stored = new Uint8Array(DIGEST_LENGTH + snapshot.byteLength);
  stored.set(new TextEncoder().encode(await sha256HexAsync(snapshot)));
  stored.set(snapshot, DIGEST_LENGTH);
  return stored;
}

/** The bytes of a stored snapshot; undefined where its digest does not match. */
async function checkSnapshot(stored: Uint8Array): Promise<Uint8Array | undefined> {
  const digest = new TextDecoder().decode(stored.subarray(0, DIGEST_LENGTH));
  const bytes = stored.slice(DIGEST_LENGTH);
  return (await sha256HexAsync(bytes)) === digest ? bytes : undefined;
}
