/**
 * Who may import whom. Floors: L0 lib; L1 protocol, transport, jobfs, wallet; L2 client, scheduler/policy,
 * worker/core, worktimes; L3 bundler, deployer, operator, scheduler, worker, element; L4 entry; L5 cli, web-worker-demo. Imports go downward only, rooms of a
 * floor do not import one another, and each dependency has one home. ARCHITECTURE.md shows the same as a map.
 * @module
 */

const LEAVES = ['protocol', 'transport', 'jobfs', 'wallet'];
const CORES = ['client', 'scheduler/policy', 'worker/core', 'worktimes'];
const ROOMS = ['bundler', 'deployer', 'operator', 'scheduler', 'worker'];

/** Tests and fakes may import anything below the entries. */
const TESTS = '(\\.test(-d)?\\.ts$|^src/testing/|^tests/|^bench/|^scripts/)';
const src = (...folders) => `^src/(${folders.join('|')})/`;

/** A floor's room may import itself and these folders of src. */
function floor(room, below, comment) {
  return {
    name: `floor-${room.replace('/', '-')}`,
    severity: 'error',
    comment,
    from: { path: src(room), pathNot: TESTS },
    to: { path: '^(src|web-worker-demo|tests|bench|scripts)/', pathNot: src(room, ...below) },
  };
}

/** A package and the folders in which it may be imported. */
function home(dependency, folders, options = {}) {
  return {
    name: `home-of-${dependency.replace(/[@/]/g, '')}`,
    severity: 'error',
    comment: `\`${dependency}\` is imported in ${folders.join(', ')} alone, so that it can be replaced in one place.`,
    from: { path: '^(src|web-worker-demo)/', pathNot: [...folders.map((folder) => `^${folder}`), TESTS] },
    to: { path: `node_modules/${dependency}/`, ...options },
  };
}

/** What opens files, sockets or processes. */
const NODE_IO =
  '^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|timers)(/|$)';

/** Where something that ships begins: exports, the command, and what a sandbox is started from. */
const ROOTS = [
  '^src/entry/',
  '^src/cli/main\\.ts$',
  '^src/worktimes/(sandbox/(browser-sandbox|thread-sandbox)|work-globals)\\.ts$',
  // The plugin of Vite is an export of the package.
  '^src/bundler/vite-plugin\\.ts$',
  '^src/worker/hosts/(browser/frame/main|deno/inside/main|deno/inside/job-ports|chromium/page/bridge)\\.ts$',
  // The transport inside one process: a port's second implementation, which the simulation runs over.
  '^src/transport/memory\\.ts$',
  // The build writes them as JSON.
  '^src/protocol/(wire/wire-tables|messages/catalog)\\.ts$',
];

module.exports = {
  forbidden: [
    // The floors
    floor('lib', [], 'L0 imports no other folder.'),
    ...LEAVES.map((leaf) => floor(leaf, ['lib'], 'L1: a leaf imports lib alone, and no other leaf.')),
    ...CORES.map((core) => floor(core, ['lib', ...LEAVES], 'L2 imports L1 and L0, and nothing else of L2.')),
    floor(
      'deployer',
      ['lib', ...LEAVES, 'client', 'worktimes'],
      'L3: imports L2 and below, no other room of L3.',
    ),
    floor('bundler', ['lib', 'protocol', 'worktimes'], 'L3: imports L2 and below, no other room of L3.'),
    floor('operator', ['lib', ...LEAVES, 'client'], 'L3: imports L2 and below, no other room of L3.'),
    floor('scheduler', ['lib', ...LEAVES, 'worktimes'], 'L3: imports L2 and below, no other room of L3.'),
    floor(
      'worker',
      ['lib', ...LEAVES, 'client', 'worktimes'],
      'L3: imports L2 and below, no other room of L3.',
    ),
    floor('element', ['lib', 'protocol'], 'L3: a frame around a page of a scheduler; it knows no worker.'),
    floor(
      'entry',
      ['lib', ...LEAVES, ...CORES, ...ROOMS, 'element'],
      'L4 composes what is below; nothing of L5, nothing of testing.',
    ),
    floor('cli', ['entry'], 'L5 uses public exports only.'),
    {
      name: 'floor-web-worker-demo',
      severity: 'error',
      comment: 'L5 uses public exports only.',
      from: { path: '^web-worker-demo/' },
      to: { path: '^(src|tests|bench|scripts)/', pathNot: src('entry') },
    },
    {
      name: 'testing-below-entries',
      severity: 'error',
      comment: 'Fakes implement ports; they know no composition root.',
      from: { path: '^src/testing/' },
      to: { path: src('entry', 'cli') },
    },
    {
      name: 'no-test-code-in-product',
      severity: 'error',
      comment: 'What ships does not import what tests.',
      from: { path: '^(src|web-worker-demo)/', pathNot: TESTS },
      to: { path: '(\\.test(-d)?\\.ts$|^src/testing/)' },
    },
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'Policy and core are functions of their arguments: no I/O, no transport.',
      from: { path: src('scheduler/policy', 'worker/core'), pathNot: TESTS },
      to: { path: [NODE_IO, src('transport'), 'node_modules/'], pathNot: 'node_modules/(@types/)?semver/' },
    },
    {
      name: 'services-without-sockets',
      severity: 'error',
      comment: 'A use case knows neither sessions nor sockets: whatever decodes a request can call it.',
      from: { path: src('scheduler/services', 'scheduler/clients'), pathNot: TESTS },
      to: { path: src('scheduler/sessions', 'scheduler/http', 'transport') },
    },
    {
      name: 'store-without-dialect',
      severity: 'error',
      comment:
        'Commands, reads, tables and migrations are the same for all databases: only an engine knows its own.',
      from: { path: '^src/scheduler/store/(?!sqlite/)', pathNot: TESTS },
      to: { path: src('scheduler/store/sqlite') },
    },
    {
      name: 'core-entrance',
      severity: 'error',
      comment:
        "Nothing but the worker's core reads its state: others know its events, its effects and its sizes.",
      from: { path: '^src/', pathNot: [src('worker/core'), TESTS] },
      to: { path: src('worker/core'), pathNot: '^src/worker/core/(step|events|tuning)\\.ts$' },
    },
    {
      name: 'lib-without-io',
      severity: 'error',
      comment: 'lib is ports; only a storage implementation opens files.',
      from: { path: '^src/lib/', pathNot: [TESTS, '^src/lib/storage/storage-'] },
      to: { path: NODE_IO },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A circle of imports has no floor, not even of types: what two files need lies in a third.',
      from: {},
      to: { circular: true },
    },

    // One home per dependency
    home('ws', ['src/transport/']),
    home('ethers', ['src/wallet/']),
    {
      name: 'ethers-is-lazy',
      severity: 'error',
      comment: 'Importing ethers takes 110 ms: it is loaded by `await import()` when something is signed.',
      from: { path: src('wallet'), pathNot: TESTS },
      to: { path: 'node_modules/ethers/', dependencyTypesNot: ['type-only', 'dynamic-import'] },
    },
    home('esbuild', ['src/bundler/']),
    home('pyodide', ['src/worktimes/']),
    home('comlink', ['src/worker/']),
    home('idb-keyval', ['src/entry/', 'src/lib/storage/storage-']),
    home('libsql', ['src/scheduler/store/sqlite/']),
    home('pg', ['src/scheduler/store/']),
    home('msgpackr', ['src/protocol/']),
    home('fflate', ['src/jobfs/']),
    home('@renovatebot/pep440', ['src/worktimes/pyodide/']),
    home('acorn', ['src/worktimes/']),
    home('eslint-scope', ['src/worktimes/']),
    home('semver', ['src/worktimes/', 'src/scheduler/policy/']),
    home('@noble/hashes', ['src/lib/']),
    home('@bomb.sh/tab', ['src/cli/']),
    home('commander', ['src/cli/']),
    home('csv-parse', ['src/cli/']),
    home('csv-stringify', ['src/cli/']),
    home('tinyglobby', ['src/cli/']),
    home('log-update', ['src/cli/']),
    home('uqr', ['src/cli/', 'web-worker-demo/']),
    home('fast-png', ['src/cli/']),
    {
      name: 'only-own-dependencies',
      severity: 'error',
      comment: 'What ships imports what package.json lists under dependencies, or under peerDependencies.',
      from: { path: '^src/', pathNot: TESTS },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'Every import leads somewhere.',
      from: { path: '^(src|web-worker-demo)/' },
      to: { couldNotResolve: true },
    },

    // Pages
    {
      name: 'pages-without-node',
      severity: 'error',
      comment: 'What a page imports leads to no module of Node and to no server dependency.',
      from: {
        path: ['^src/entry/[^/]+\\.browser\\.ts$', '^src/worktimes/sandbox/browser-sandbox\\.ts$'],
      },
      to: {
        path: [
          '^(node:)?(fs|net|http|https|os|path|url|crypto|stream|events|buffer|worker_threads|child_process)(/|$)',
          'node_modules/(ws|libsql)/',
        ],
        reachable: true,
      },
    },

    // Dead files
    {
      name: 'no-dead-file',
      severity: 'error',
      comment: 'Nothing that ships leads to this file: wire it up or remove it.',
      from: { path: [...ROOTS, '^web-worker-demo/'] },
      to: { path: '^src/', pathNot: [...ROOTS, TESTS], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
