/**
 * One valid job package for tests and benchmarks. It is plain JavaScript without imports, since programs that run what the
 * build made use it as well.
 * @module
 */

/** An empty list of arguments, as MessagePack. */
const NO_ARGUMENTS = new Uint8Array([0x90]);

/**
 * A package with a work function in JavaScript.
 * @param {string} [source] the work function
 * @param {Partial<import('../protocol/job/job-package.js').JobPackage>} [changes] fields that differ from the sample's
 * @returns {import('../protocol/job/job-package.js').JobPackage}
 */
export function samplePackage(source = '(x) => x * x', changes = {}) {
  return {
    version: 2,
    worktime: { name: 'map-basic', range: '^1.0.0' },
    source: { inline: new TextEncoder().encode(source) },
    sourceKind: 'function',
    args: { inline: NO_ARGUMENTS },
    env: {},
    requirements: {},
    groups: [{ key: 'public' }],
    votes: 1,
    public: { name: 'squares', description: 'Squares numbers.', link: '' },
    isolation: 'job',
    limits: { sliceTimeoutMs: 60_000, noProgressMs: 30_000 },
    ...changes,
  };
}
