/**
 * Which runtimes should stand ready with nobody's code in them: what was asked for lately, as many as the cores bear.
 * Pure: times come in, and what is wanted goes out.
 * @module
 */

/** What is wanted of one kind, and how strongly. */
interface Demand {
  weight: number;
  atMs: number;
}

export interface WarmPool {
  /** Spares at most, of all kinds. */
  readonly spareMax: number;
  readonly demands: Map<string, Demand>;
}

/** What was asked for so long ago counts half, milliseconds. */
const HALF_LIFE_MS = 60_000;
/** Weight of one ask below which it is forgotten: nearly five minutes after a single one. */
const FORGET_WEIGHT = 1 / 24;
/** Spares of one worker at most: each of Python's holds a hundred megabytes. */
const SPARES_MAX = 2;
/** Kinds that are remembered. */
const KINDS_MAX = 64;

/** A pool for so many sandboxes at work; 0 keeps nothing. */
export function newWarmPool(cores: number): WarmPool {
  return { spareMax: Math.min(SPARES_MAX, Math.max(0, cores)), demands: new Map() };
}

/** A sandbox of that kind was asked for. */
export function noteAsked(pool: WarmPool, kind: string, nowMs: number): void {
  const weight = weightAt(pool.demands.get(kind), nowMs) + 1;
  pool.demands.delete(kind);
  pool.demands.set(kind, { weight, atMs: nowMs });
  const oldest = pool.demands.size > KINDS_MAX ? pool.demands.keys().next().value : undefined;
  if (oldest !== undefined) pool.demands.delete(oldest);
}

/** How many of each kind should stand ready now: each kind that was asked for one, before any gets a second. */
export function wantedSpares(pool: WarmPool, nowMs: number): Map<string, number> {
  const weights: [kind: string, weight: number][] = [];
  for (const [kind, demand] of pool.demands) {
    const weight = weightAt(demand, nowMs);
    if (weight < FORGET_WEIGHT) pool.demands.delete(kind);
    else weights.push([kind, weight]);
  }
  weights.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const wanted = new Map<string, number>();
  for (let left = pool.spareMax, round = 1; left > 0 && weights.length > 0; round++) {
    // A second one is for what was asked for again and again.
    const asking = weights.filter(([, weight]) => round === 1 || weight >= round);
    if (asking.length === 0) break;
    for (const [kind] of asking.slice(0, left)) {
      wanted.set(kind, round);
      left -= 1;
    }
  }
  return wanted;
}

/** What to do next about the spares that there are, by kind: those too many go first, then one may be started. */
export function nextSpare(
  pool: WarmPool,
  have: ReadonlyMap<string, number>,
  nowMs: number,
): { drop: string } | { start: string } | undefined {
  const wanted = wantedSpares(pool, nowMs);
  for (const [kind, count] of have) if (count > (wanted.get(kind) ?? 0)) return { drop: kind };
  for (const [kind, count] of wanted) if (count > (have.get(kind) ?? 0)) return { start: kind };
  return undefined;
}

function weightAt(demand: Demand | undefined, nowMs: number): number {
  if (demand === undefined) return 0;
  return demand.weight * 2 ** (-Math.max(0, nowMs - demand.atMs) / HALF_LIFE_MS);
}
