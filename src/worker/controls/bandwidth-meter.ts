/**
 * Counts the bytes that a worker sends and receives in one day (UTC), over its socket and for blobs, and enforces the
 * daily limit. The count is shared by all workers with the same storage: each stores its own part under its own key, so
 * that they do not overwrite each other's.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';
import type { Connect, Connection } from '../../transport/transport.js';

const DAY_MS = 86_400_000;
/** Minimum interval between two reports of the count, milliseconds. */
const REPORT_MS = 1_000;
/** Minimum interval between two writes of the count, each with a read of the other workers' parts. Milliseconds. */
const SAVE_MS = 5_000;

export interface BandwidthMeterOptions {
  clock: Clock;
  storage: KeyValueStorage | undefined;
  /** Prefix of the keys under which the parts are stored. */
  key: string;
  /** This worker's id: its part is stored under `<key>.<id>`. */
  id: string;
  reported: (bytesToday: number) => void;
  /** The limit was reached, or does not apply any more. */
  limited: (isLimited: boolean) => void;
}

export class BandwidthMeter {
  readonly #options: BandwidthMeterOptions;
  #day: number;
  /** This worker's bytes of today. */
  #bytes = 0;
  /** The other workers' bytes of today when last read. */
  #others = 0;
  #limitBytes: number | undefined;
  #isLimited = false;
  #cancelReport: CancelTimer | undefined;
  #cancelMidnight: CancelTimer | undefined;
  #saved: Promise<void> = Promise.resolve();
  #savedMs: number;

  constructor(options: BandwidthMeterOptions, limitBytes: number | undefined) {
    this.#options = options;
    this.#limitBytes = limitBytes;
    this.#day = this.#today();
    this.#savedMs = options.clock.monotonicMs();
  }

  get bytesToday(): number {
    this.#rollOver();
    return this.#bytes + this.#others;
  }

  get limitBytes(): number | undefined {
    return this.#limitBytes;
  }
  set limitBytes(bytes: number | undefined) {
    this.#limitBytes = bytes;
    this.#checkLimit();
  }

  /** Loads the stored count of today. */
  async load(): Promise<void> {
    await this.#readOthers();
  }

  /** Stores the count and cancels the timers. */
  async close(): Promise<void> {
    this.#cancelReport?.();
    this.#cancelMidnight?.();
    this.#cancelMidnight = undefined;
    if (this.#bytes > 0) this.#save();
    await this.#saved;
  }

  add(bytes: number): void {
    this.#rollOver();
    this.#bytes += bytes;
    this.#checkLimit();
    this.#cancelReport ??= this.#options.clock.after(REPORT_MS, () => this.#report(), { background: true });
  }

  /** Wraps `connect` so that all bytes of its connections are counted. */
  connect(connect: Connect): Connect {
    return async (url, options) => this.#counted(await connect(url, options));
  }

  /** Wraps `fetch` so that bodies are counted; compressed responses count as decompressed. */
  fetch(load: typeof fetch): typeof fetch {
    return async (input, init) => {
      if (ArrayBuffer.isView(init?.body)) this.add(init.body.byteLength);
      const answer = await load(input, init);
      if (answer.body === null) return answer;
      const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (chunk, controller) => {
          this.add(chunk.byteLength);
          controller.enqueue(chunk);
        },
      });
      const { status, statusText, headers } = answer;
      return new Response(answer.body.pipeThrough(count), { status, statusText, headers });
    };
  }

  #counted(connection: Connection): Connection {
    return {
      peer: connection.peer,
      get bufferedBytes() {
        return connection.bufferedBytes;
      },
      send: (bytes) => {
        this.add(bytes.byteLength);
        connection.send(bytes);
      },
      close: (code, reason) => connection.close(code, reason),
      pause: () => connection.pause(),
      resume: () => connection.resume(),
      handle: (handlers) =>
        connection.handle({
          ...handlers,
          message: (bytes) => {
            this.add(bytes.byteLength);
            handlers.message(bytes);
          },
        }),
    };
  }

  #report(): void {
    this.#cancelReport = undefined;
    this.#options.reported(this.bytesToday);
    if (this.#options.clock.monotonicMs() - this.#savedMs >= SAVE_MS) this.#save();
  }

  #checkLimit(): void {
    const isLimited = this.#limitBytes !== undefined && this.#bytes + this.#others >= this.#limitBytes;
    if (isLimited) this.#cancelMidnight ??= this.#resetAtMidnight();
    if (isLimited === this.#isLimited) return;
    this.#isLimited = isLimited;
    this.#options.limited(isLimited);
  }

  /** Resets the count when a new day has begun. */
  #rollOver(): void {
    const day = this.#today();
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes = 0;
    this.#others = 0;
    this.#checkLimit();
  }

  #resetAtMidnight(): CancelTimer {
    const { clock } = this.#options;
    const leftMs = (this.#day + 1) * DAY_MS - clock.wallMs();
    return clock.after(
      Math.max(1, leftMs),
      () => {
        this.#cancelMidnight = undefined;
        this.#rollOver();
        this.#checkLimit();
      },
      { background: true },
    );
  }

  #today(): number {
    return Math.floor(this.#options.clock.wallMs() / DAY_MS);
  }

  #save(): void {
    const { storage, key, id, clock } = this.#options;
    if (storage === undefined) return;
    this.#savedMs = clock.monotonicMs();
    const kept = new TextEncoder().encode(JSON.stringify({ day: this.#day, bytes: this.#bytes }));
    // Work continues even if the count cannot be stored.
    this.#saved = this.#saved
      .then(() => storage.set(`${key}.${id}`, kept))
      .then(() => this.#readOthers())
      .catch(() => undefined);
  }

  /** Sums the other workers' parts of today and deletes those of earlier days. An unreadable part counts 0. */
  async #readOthers(): Promise<void> {
    const { storage, key, id } = this.#options;
    if (storage === undefined) return this.#checkLimit();
    const day = this.#day;
    const keys = await storage.keys().catch(() => []);
    const theirs = keys.filter((one) => (one === key || one.startsWith(`${key}.`)) && one !== `${key}.${id}`);
    const parts = await Promise.all(theirs.map((one) => readPart(storage, one, day)));
    if (day !== this.#day) return;
    this.#others = parts.reduce((sum, bytes) => sum + bytes, 0);
    this.#checkLimit();
  }
}

async function readPart(storage: KeyValueStorage, key: string, today: number): Promise<number> {
  const kept = await storage.get(key).catch(() => undefined);
  if (kept === undefined) return 0;
  const { day, bytes } = readKept(kept);
  if (day < today) await storage.delete(key).catch(() => undefined);
  return day === today ? bytes : 0;
}

function readKept(bytes: Uint8Array): { day: number; bytes: number } {
  try {
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as { day?: unknown; bytes?: unknown };
    if (Number.isSafeInteger(kept.day) && Number.isSafeInteger(kept.bytes) && (kept.bytes as number) >= 0) {
      return { day: kept.day as number, bytes: kept.bytes as number };
    }
  } catch {
    // Not written by a worker, or incomplete: it counts 0.
  }
  return { day: -1, bytes: 0 };
}
