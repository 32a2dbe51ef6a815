/**
 * Decides which runtimes to start ahead of jobs, from the recent demand for each kind and the number of cores. A kind
 * is a worktime with its version. Pure: times are arguments.
 * @module
 */
import { setNewest } from '../../../lib/bounded-map.js';

/** Recent demand for one kind: an exponentially decaying count. */
interface Demand {
  weight: number;
  atMs: number;
}

export interface PrewarmPlan {
  /** Maximum number of prewarmed sandboxes, all kinds together. */
  readonly sizeMax: number;
  readonly demands: Map<string, Demand>;
}

/** Half-life of demand, milliseconds. */
const HALF_LIFE_MS = 60_000;
/** Demand below this weight is dropped: nearly five minutes after a single request. */
const FORGET_WEIGHT = 1 / 24;
/** Maximum number of prewarmed sandboxes of one worker: one with Python takes about 100 MB. */
export const PREWARMED_MAX = 2;
/** Maximum number of kinds that are tracked. */
const KINDS_MAX = 64;

/** A plan for a worker of `cores` sandboxes; 0 keeps none. */
export function newPrewarmPlan(cores: number): PrewarmPlan {
  return { sizeMax: Math.min(PREWARMED_MAX, Math.max(0, cores)), demands: new Map() };
}

/** Records that a sandbox of that kind was needed. */
export function recordDemand(pool: PrewarmPlan, kind: string, nowMs: number): void {
  const weight = weightAt(pool.demands.get(kind), nowMs) + 1;
  setNewest(pool.demands, kind, { weight, atMs: nowMs }, KINDS_MAX);
}

/** How many of each kind to keep ready: one of each kind in demand before any gets a second one. */
export function targetCounts(pool: PrewarmPlan, nowMs: number): Map<string, number> {
  const weights: [kind: string, weight: number][] = [];
  for (const [kind, demand] of pool.demands) {
    const weight = weightAt(demand, nowMs);
    if (weight < FORGET_WEIGHT) pool.demands.delete(kind);
    else weights.push([kind, weight]);
  }
  weights.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const wanted = new Map<string, number>();
  for (let left = pool.sizeMax, round = 1; left > 0 && weights.length > 0; round++) {
    // A second one only for repeated demand.
    const asking = weights.filter(([, weight]) => round === 1 || weight >= round);
    if (asking.length === 0) break;
    for (const [kind] of asking.slice(0, left)) {
      wanted.set(kind, round);
      left -= 1;
    }
  }
  return wanted;
}

/** The next action, given the number that is ready of each kind: first remove surplus ones, then start missing ones. */
export function nextPrewarmAction(
  pool: PrewarmPlan,
  have: ReadonlyMap<string, number>,
  nowMs: number,
): { drop: string } | { start: string } | undefined {
  const wanted = targetCounts(pool, nowMs);
  for (const [kind, count] of have) if (count > (wanted.get(kind) ?? 0)) return { drop: kind };
  for (const [kind, count] of wanted) if (count > (have.get(kind) ?? 0)) return { start: kind };
  return undefined;
}

function weightAt(demand: Demand | undefined, nowMs: number): number {
  if (demand === undefined) return 0;
  return demand.weight * 2 ** (-Math.max(0, nowMs - demand.atMs) / HALF_LIFE_MS);
}
