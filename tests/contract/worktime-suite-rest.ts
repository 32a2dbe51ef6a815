/**
 * What every sandbox does between slices: nothing, whatever the slices before left behind. How long is long enough is
 * told by a second sandbox of the same code that does not rest: it has to get on meanwhile, so no machine is too slow.
 * @module
 */
import { expect, it } from 'vitest';
import type { SandboxRig, StartSandbox } from './worktime-rig.js';

/** What goes round for ever by each way that a job has to come back later; a slice tells how often it did since the last. */
const RESTLESS = `async (what) => {
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

/** What job code may do to the realm to keep its thread from standing still. */
const HOSTILE: Record<string, string> = {
  numbers: 'Math.min = () => 0; Math.max = () => NaN;',
  'the global promise': 'globalThis.Promise = class { then() {} };',
  'what promises inherit':
    'const wait = () => new Promise(() => {}); Promise.prototype.constructor = class { then() {} }; Promise.prototype.then = wait;',
  'what arrays inherit': 'for (const name of ["push", "shift"]) Array.prototype[name] = () => undefined;',
  'what objects inherit': 'Object.prototype.address = "none";',
};
const SPOILS = 'spoils its realm';
const TURN_MS = 20;
/** Takes the whole thread by a timer, spoils the realm once its slice is over, and tells how long it took since. */
const GREEDY = `(code) => {
  const clock = performance.now.bind(performance);
  const took = globalThis.took ?? 0;
  globalThis.took = 0;
  if (code === '') return took;
  setInterval(() => {
    const until = clock() + ${TURN_MS};
    while (clock() < until);
    globalThis.took += ${TURN_MS};
  }, 1);
  setTimeout(() => { console.log('${SPOILS}'); (0, eval)(code); }, 0);
  return took;
}`;

/** A sandbox that does not rest does so much, times what it did while the others were told to. */
const TIMES = 20;
const TURNS_MIN = 100;
/** So long does the sandbox that does not rest compute while those that do are looked at, milliseconds. */
const LOOKED_AT_MS = 1_000;

export function restSuite(start: StartSandbox): void {
  it('lets nothing run while it rests, and goes on when it is fed', async () => {
    const [rig, awake] = [await start(RESTLESS), await start(RESTLESS)];
    const turnsOf = async (sandbox: SandboxRig): Promise<Turns> => (await sandbox.one('count')) as Turns;
    const sum = (turns: Turns): number => turns.timer + turns.port + turns.digest;
    /** Until the sandbox that does not rest has had `least` turns: how many it had. */
    const awakeTurns = async (least: number): Promise<number> => {
      let turns = 0;
      while (turns < least) turns += sum(await turnsOf(awake));
      return turns;
    };
    await Promise.all([rig.one('begin'), awake.one('begin')]);
    const goesOn = async (): Promise<void> => {
      const seen = { timer: 0, port: 0, digest: 0 };
      while (Object.values(seen).includes(0)) {
        const turns = await turnsOf(rig);
        for (const name of ['timer', 'port', 'digest'] as const) seen[name] += turns[name];
      }
    };
    await goesOn();
    await Promise.all([turnsOf(rig), turnsOf(awake)]);
    await rig.rest();
    const before = await awakeTurns(TURNS_MIN);
    const meanwhile = await awakeTurns(TIMES * before);
    expect(sum(await turnsOf(rig))).toBeLessThan((before + meanwhile) / 4);
    await goesOn();
  });

  it('stands still when it says so, whatever job code did to its realm', async () => {
    const clock = await AwakeClock.start(start);
    const told = await Promise.all(
      [['nothing', '0'] as const, ...Object.entries(HOSTILE)].map(async ([what, code]) => {
        const rig = await start(GREEDY);
        const begunMs = clock.ms;
        await rig.one(code);
        await rig.until((m) => m.type === 'console' && m.message === SPOILS);
        const rested = await clock.orLate(rig.rest().then(() => true));
        const freeMs = clock.ms - begunMs;
        if (rested !== undefined) await clock.pass(LOOKED_AT_MS + 2 * freeMs);
        const tookMs = rested === undefined ? undefined : await clock.orLate(rig.one('') as Promise<number>);
        // One that says nothing is ended by its supervisor.
        if (tookMs === undefined) rig.kill();
        const isGreedy = tookMs !== undefined && tookMs > 2 * freeMs + (clock.ms - begunMs - freeMs) / 2;
        return { what, isHeard: tookMs !== undefined, isGreedy };
      }),
    );
    // Where nothing was done to the realm there is an answer to all: else no other silence would tell anything.
    expect(told[0]).toEqual({ what: 'nothing', isHeard: true, isGreedy: false });
    expect(told.filter(({ isGreedy }) => isGreedy)).toEqual([]);
  });

  it('answers again while it rests, and can be killed', async () => {
    const rig = await start('x => x + 1');
    await rig.rest();
    await rig.rest();
    expect(await rig.run([1, 2])).toEqual([2, 3]);
    await rig.rest();
    expect(await rig.runBlob(3)).toEqual([4]);
    await rig.rest();
    rig.kill();
    expect(await rig.exited()).toContain('killed');
  });
}

/** Time as a sandbox has it that computes and never rests. */
class AwakeClock {
  /** Milliseconds that it has computed so far. */
  ms = 0;
  readonly #rig: SandboxRig;
  #asking: Promise<void> | undefined;

  private constructor(rig: SandboxRig) {
    this.#rig = rig;
  }

  static async start(start: StartSandbox): Promise<AwakeClock> {
    const rig = await start(GREEDY);
    await rig.one('0');
    return new AwakeClock(rig);
  }

  /** Until it has computed for so many milliseconds more. */
  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    while (this.ms < end) await (this.#asking ??= this.#ask());
  }

  /** What the promise gives; undefined where it does not settle while this clock goes on for long. */
  orLate<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise.catch(() => undefined), this.pass(LOOKED_AT_MS).then(() => undefined)]);
  }

  async #ask(): Promise<void> {
    this.ms += (await this.#rig.one('')) as number;
    this.#asking = undefined;
  }
}
