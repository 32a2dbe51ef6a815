/**
 * A quiesced sandbox runs no job code between slices, whatever earlier slices left behind. A second sandbox with the same
 * code that is not quiesced serves as the clock of the test: it must make progress meanwhile, whatever the speed of the machine.
 * @module
 */
import { expect, it } from 'vitest';
import type { SandboxFixture, StartSandbox } from './worktime-fixture.js';

/** Starts an endless loop by each asynchronous API of job code; a slice returns how often each loop has run since the last slice. */
const ENDLESS_LOOPS = `async (what) => {
  const turns = (globalThis.turns ??= { timer: 0, port: 0, digest: 0 });
  if (what === 'begin') {
    setInterval(() => turns.timer++, 1);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { turns.port++; port2.postMessage(0); };
    port2.postMessage(0);
    const loop = async (name, wait) => { for (;;) { await wait(); turns[name]++; } };
    void loop('digest', () => crypto.subtle.digest('SHA-256', new Uint8Array(1)));
  }
  const counted = { ...turns };
  for (const name of Object.keys(turns)) turns[name] = 0;
  return counted;
}`;
type Turns = Record<'timer' | 'port' | 'digest', number>;

/** Changes of the realm by which job code may try to prevent the quiescing of its thread. */
const HOSTILE: Record<string, string> = {
  numbers: 'Math.min = () => 0; Math.max = () => NaN;',
  'the global promise': 'globalThis.Promise = class { then() {} };',
  'what promises inherit':
    'const wait = () => new Promise(() => {}); Promise.prototype.constructor = class { then() {} }; Promise.prototype.then = wait;',
  'what arrays inherit': 'for (const name of ["push", "shift"]) Array.prototype[name] = () => undefined;',
  'what objects inherit': 'Object.prototype.address = "none";',
};
const REALM_CHANGED = 'the realm is changed';
const TURN_MS = 20;
/** Occupies the thread by a timer, changes the realm after the end of its slice, and returns the milliseconds it has occupied since. */
const OCCUPY_THREAD = `(code) => {
  const clock = performance.now.bind(performance);
  const took = globalThis.took ?? 0;
  globalThis.took = 0;
  if (code === '') return took;
  setInterval(() => {
    const until = clock() + ${TURN_MS};
    while (clock() < until);
    globalThis.took += ${TURN_MS};
  }, 1);
  setTimeout(() => { console.log('${REALM_CHANGED}'); (0, eval)(code); }, 0);
  return took;
}`;

/** The sandbox that is not quiesced has to run this many times as many loops as during the quiescing of the other. */
const TURNS_FACTOR = 20;
const TURNS_MIN = 100;
/** And so many in all: the two do not get the same time before the one is quiesced. */
const TURNS_OBSERVED_MIN = 30_000;
/** Milliseconds for which the sandbox that is not quiesced computes while the others are observed. */
const OBSERVED_MS = 1_000;

export function quiesceSuite(start: StartSandbox): void {
  it('a quiesced sandbox runs no job code, and continues when it gets a slice', async () => {
    const [sandbox, awake] = [await start(ENDLESS_LOOPS), await start(ENDLESS_LOOPS)];
    const turnsOf = async (sandbox: SandboxFixture): Promise<Turns> => (await sandbox.one('count')) as Turns;
    const sum = (turns: Turns): number => turns.timer + turns.port + turns.digest;
    /** Waits until the sandbox that is not quiesced has run `least` loops; returns their number. */
    const awakeTurns = async (least: number): Promise<number> => {
      let turns = 0;
      while (turns < least) turns += sum(await turnsOf(awake));
      return turns;
    };
    await Promise.all([sandbox.one('begin'), awake.one('begin')]);
    const expectProgress = async (): Promise<void> => {
      const seen = { timer: 0, port: 0, digest: 0 };
      while (Object.values(seen).includes(0)) {
        const turns = await turnsOf(sandbox);
        for (const name of ['timer', 'port', 'digest'] as const) seen[name] += turns[name];
      }
    };
    await expectProgress();
    // The count of the other sandbox begins first, so that it includes the time before this one is quiesced.
    await turnsOf(awake);
    await turnsOf(sandbox);
    await sandbox.quiesce();
    const before = await awakeTurns(TURNS_MIN);
    const meanwhile = await awakeTurns(Math.max(TURNS_FACTOR * before, TURNS_OBSERVED_MIN));
    expect(sum(await turnsOf(sandbox))).toBeLessThan((before + meanwhile) / 4);
    await expectProgress();
  });

  it('a sandbox that reports quiesced runs no job code, whatever job code changed in its realm', async () => {
    const clock = await AwakeClock.start(start);
    const results = await Promise.all(
      [['nothing', '0'] as const, ...Object.entries(HOSTILE)].map(async ([what, code]) => {
        const sandbox = await start(OCCUPY_THREAD);
        const begunMs = clock.ms;
        await sandbox.one(code);
        await sandbox.until((m) => m.type === 'console' && m.message === REALM_CHANGED);
        const quiesced = await clock.orLate(sandbox.quiesce().then(() => true));
        const freeMs = clock.ms - begunMs;
        if (quiesced !== undefined) await clock.pass(OBSERVED_MS + 2 * freeMs);
        const tookMs =
          quiesced === undefined ? undefined : await clock.orLate(sandbox.one('') as Promise<number>);
        // A supervisor kills a sandbox that does not reply.
        if (tookMs === undefined) sandbox.kill();
        const hasRun = tookMs !== undefined && tookMs > 2 * freeMs + (clock.ms - begunMs - freeMs) / 2;
        return { what, hasReplied: tookMs !== undefined, hasRun };
      }),
    );
    // An unchanged realm must reply: otherwise the silence of the others would prove nothing.
    expect(results[0]).toEqual({ what: 'nothing', hasReplied: true, hasRun: false });
    expect(results.filter(({ hasRun }) => hasRun)).toEqual([]);
  });

  it('a quiesced sandbox replies to further quiesce messages, runs slices and can be killed', async () => {
    const sandbox = await start('x => x + 1');
    await sandbox.quiesce();
    await sandbox.quiesce();
    expect(await sandbox.run([1, 2])).toEqual([2, 3]);
    await sandbox.quiesce();
    expect(await sandbox.runBlob(3)).toEqual([4]);
    await sandbox.quiesce();
    sandbox.kill();
    expect(await sandbox.exited()).toContain('killed');
  });
}

/** A clock that is the computing time of a sandbox that is never quiesced. */
class AwakeClock {
  /** Milliseconds computed so far. */
  ms = 0;
  readonly #sandbox: SandboxFixture;
  #asking: Promise<void> | undefined;

  private constructor(sandbox: SandboxFixture) {
    this.#sandbox = sandbox;
  }

  static async start(start: StartSandbox): Promise<AwakeClock> {
    const sandbox = await start(OCCUPY_THREAD);
    await sandbox.one('0');
    return new AwakeClock(sandbox);
  }

  /** Resolves when it has computed for `ms` milliseconds more. */
  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    while (this.ms < end) await (this.#asking ??= this.#ask());
  }

  /** The value of the promise; undefined where it does not settle within `OBSERVED_MS` of this clock. */
  orLate<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise.catch(() => undefined), this.pass(OBSERVED_MS).then(() => undefined)]);
  }

  async #ask(): Promise<void> {
    this.ms += (await this.#sandbox.one('')) as number;
    this.#asking = undefined;
  }
}
