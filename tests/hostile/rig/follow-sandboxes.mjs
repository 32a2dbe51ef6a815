/** What a worker's sandboxes did, for a page and for a process without one. */

/**
 * @param {import('manyhands/worker').Worker} worker not started yet
 * @returns {import('./follow-sandboxes.d.mts').Followed}
 */
export function followSandboxes(worker) {
  const begunMs = new Map();
  const ended = [];
  const tried = new Set();
  worker.on('slice', ({ sandbox }) => begunMs.set(sandbox, performance.now()));
  worker.on('result', ({ jobId }) => tried.add(jobId));
  worker.on('sandbox', ({ sandbox, jobId, state }) => {
    // One that ends while it starts was at work on nothing.
    if (state === 'opening') begunMs.delete(sandbox);
    if (state === 'ready') begunMs.set(sandbox, performance.now());
    if (state !== 'ended') return;
    tried.add(jobId);
    ended.push({ jobId, ms: performance.now() - (begunMs.get(sandbox) ?? performance.now()) });
  });
  return {
    ended: (jobId) => ended.filter((one) => one.jobId === jobId).map(({ ms }) => ms),
    isTriedOnce: (jobId) => tried.has(jobId),
  };
}
