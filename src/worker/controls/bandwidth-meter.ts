/**
 * How many bytes a worker moves in one day (UTC), both ways, over its socket and for blobs; and the cap on them. The
 * day's sum outlives the process where there is a place to keep it, and is that of all workers which share that place:
 * each keeps its own part under a key of its own, so that none overwrites another's.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';
import type { Connect, Connection } from '../../transport/transport.js';

const DAY_MS = 86_400_000;
/** The sum is told so often at most, milliseconds. */
const TELL_MS = 1_000;
/** It is written down so often at most, and the others' parts are read: what a killed process loses. Milliseconds. */
const SAVE_MS = 5_000;

export interface TrafficOptions {
  clock: Clock;
  storage: KeyValueStorage | undefined;
  /** Begins the keys under which the day's parts are kept. */
  key: string;
  /** This worker's own: its part is kept under `<key>.<id>`. */
  id: string;
  told: (bytesToday: number) => void;
  /** The cap is reached, or is not any more. */
  capped: (isCapped: boolean) => void;
}

export class Traffic {
  readonly #options: TrafficOptions;
  #day: number;
  /** This worker's part. */
  #bytes = 0;
  /** What the others' parts were when they were read last. */
  #others = 0;
  #cap: number | undefined;
  #isCapped = false;
  #cancelTell: CancelTimer | undefined;
  #cancelMidnight: CancelTimer | undefined;
  #saved: Promise<void> = Promise.resolve();
  #savedMs: number;

  constructor(options: TrafficOptions, cap: number | undefined) {
    this.#options = options;
    this.#cap = cap;
    this.#day = this.#today();
    this.#savedMs = options.clock.monotonicMs();
  }

  get bytesToday(): number {
    this.#turn();
    return this.#bytes + this.#others;
  }

  get cap(): number | undefined {
    return this.#cap;
  }
  set cap(bytes: number | undefined) {
    this.#cap = bytes;
    this.#look();
  }

  /** Goes on from what was kept of today. */
  async load(): Promise<void> {
    await this.#readOthers();
  }

  /** Keeps the sum, and stops its timers. */
  async close(): Promise<void> {
    this.#cancelTell?.();
    this.#cancelMidnight?.();
    this.#cancelMidnight = undefined;
    if (this.#bytes > 0) this.#save();
    await this.#saved;
  }

  add(bytes: number): void {
    this.#turn();
    this.#bytes += bytes;
    this.#look();
    this.#cancelTell ??= this.#options.clock.after(TELL_MS, () => this.#tell(), { background: true });
  }

  /** The same way to connect, counted. */
  connect(connect: Connect): Connect {
    return async (url, options) => this.#counted(await connect(url, options));
  }

  /** The same `fetch`, counted; what comes in packed counts as unpacked. */
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

  #tell(): void {
    this.#cancelTell = undefined;
    this.#options.told(this.bytesToday);
    if (this.#options.clock.monotonicMs() - this.#savedMs >= SAVE_MS) this.#save();
  }

  #look(): void {
    const isCapped = this.#cap !== undefined && this.#bytes + this.#others >= this.#cap;
    if (isCapped) this.#cancelMidnight ??= this.#untilMidnight();
    if (isCapped === this.#isCapped) return;
    this.#isCapped = isCapped;
    this.#options.capped(isCapped);
  }

  /** A new day begins with nothing. */
  #turn(): void {
    const day = this.#today();
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes = 0;
    this.#others = 0;
    this.#look();
  }

  #untilMidnight(): CancelTimer {
    const { clock } = this.#options;
    const leftMs = (this.#day + 1) * DAY_MS - clock.wallMs();
    return clock.after(
      Math.max(1, leftMs),
      () => {
        this.#cancelMidnight = undefined;
        this.#turn();
        this.#look();
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
    // A sum that cannot be kept is no reason to stop.
    this.#saved = this.#saved
      .then(() => storage.set(`${key}.${id}`, kept))
      .then(() => this.#readOthers())
      .catch(() => undefined);
  }

  /** Adds up the others' parts of today, and forgets those of former days. A part that cannot be read counts nothing. */
  async #readOthers(): Promise<void> {
    const { storage, key, id } = this.#options;
    if (storage === undefined) return this.#look();
    const day = this.#day;
    const keys = await storage.keys().catch(() => []);
    const theirs = keys.filter((one) => (one === key || one.startsWith(`${key}.`)) && one !== `${key}.${id}`);
    const parts = await Promise.all(theirs.map((one) => readPart(storage, one, day)));
    if (day !== this.#day) return;
    this.#others = parts.reduce((sum, bytes) => sum + bytes, 0);
    this.#look();
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
    // Not ours, or half written: the day begins with nothing.
  }
  return { day: -1, bytes: 0 };
}
