/**
 * The rules about imports catch what they are there for: a small tree that breaks each of them once.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TREE: Record<string, string> = {
  'src/lib/up.ts': "import '../protocol/leaf.js';",
  'src/lib/io.ts': "import 'node:fs';",
  'src/lib/storage/storage-files.ts': "import 'node:fs';",
  'src/protocol/leaf.ts': 'export const leaf = 1;',
  'src/transport/sideways.ts': "import '../protocol/leaf.js';",
  'src/wallet/eager.ts': "import 'ethers';",
  'src/wallet/lazy.ts': "export const load = () => import('ethers');",
  'src/wallet/typed.ts': "import type { Wallet } from 'ethers'; export type W = Wallet;",
  'src/jobfs/socket.ts': "import 'ws';",
  'src/scheduler/policy/impure.ts': "import 'node:net';",
  'src/scheduler/policy/pure.ts': "import 'semver';",
  'src/scheduler/store/sqlite/database.ts': "import 'libsql';",
  'src/scheduler/store/rows/row.ts': "import '../sqlite/database.js';",
  'src/scheduler/services/use-case.ts': "import '../sessions/session.js';",
  'src/scheduler/sessions/session.ts': 'export const session = 1;',
  'src/scheduler/server.ts': "import '../worker/worker.js'; import './policy/pure.js';",
  'src/worker/worker.ts': "import './core/state.js'; import 'libsql';",
  'src/worker/supervisor.ts': "import './core/step.js'; import './core/events.js';",
  'src/worker/core/step.ts': "import './state.js';",
  'src/worker/core/events.ts': 'export const event = 1;',
  'src/worker/core/state.ts': "import '../../worktimes/registry.js';",
  'src/worktimes/registry.ts': 'export const registry = 1;',
  'src/deployer/feed.ts': "import '../testing/fake.js'; import 'vitest'; import './missing.js';",
  'src/deployer/feed.test.ts': "import '../testing/fake.js'; import '../worker/worker.js'; import 'vitest';",
  'src/deployer/a.ts': "import { b } from './b.js'; export const a = b;",
  'src/deployer/b.ts': "import { a } from './a.js'; export const b = a;",
  'src/deployer/types-a.ts': "import type { B } from './types-b.js'; export type A = B[];",
  'src/deployer/types-b.ts': "import type { A } from './types-a.js'; export type B = { a: A };",
  'src/testing/fake.ts': "import '../entry/all.node.js';",
  'src/entry/all.node.ts': "import '../deployer/feed.js'; import '../cli/main.js';",
  'src/entry/page.browser.ts': "import '../deployer/page.js';",
  'src/deployer/page.ts': "import './page-helper.js';",
  'src/deployer/page-helper.ts': "import 'node:path';",
  'src/cli/main.ts': "import '../lib/io.js'; import '../entry/all.node.js';",
  'web-worker-demo/page.ts': "import '../src/worker/worker.js';",
};

let folder: string;
let found: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-architecture-'));
  for (const [path, text] of Object.entries(TREE)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${text}\n`);
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await symlink(resolve('package.json'), join(folder, 'package.json'));
  await symlink(resolve('tsconfig.json'), join(folder, 'tsconfig.json'));
  found = await violations();
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** `rule: from` of each violation that the rules find in the folder. */
function violations(): Promise<string[]> {
  const bin = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [
    bin,
    '--config',
    resolve('.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    'src',
    'web-worker-demo',
  ];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64e6 }, (error, stdout) => {
      try {
        const report = JSON.parse(stdout) as {
          summary: { violations: { from: string; rule: { name: string } }[] };
        };
        done([...new Set(report.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`))].sort());
      } catch {
        fail(error ?? new Error(stdout));
      }
    });
  });
}

describe('the import rules', () => {
  it.each([
    'floor-lib: src/lib/up.ts',
    'lib-without-io: src/lib/io.ts',
    'floor-transport: src/transport/sideways.ts',
    'ethers-is-lazy: src/wallet/eager.ts',
    'home-of-ws: src/jobfs/socket.ts',
    'pure-core: src/scheduler/policy/impure.ts',
    'floor-scheduler: src/scheduler/server.ts',
    'home-of-libsql: src/worker/worker.ts',
    'store-without-dialect: src/scheduler/store/rows/row.ts',
    'services-without-sockets: src/scheduler/services/use-case.ts',
    'floor-worker-core: src/worker/core/state.ts',
    'core-entrance: src/worker/worker.ts',
    'no-test-code-in-product: src/deployer/feed.ts',
    'only-own-dependencies: src/deployer/feed.ts',
    'resolvable: src/deployer/feed.ts',
    'no-circular: src/deployer/a.ts',
    'no-circular: src/deployer/types-a.ts',
    'testing-below-entries: src/testing/fake.ts',
    'floor-entry: src/entry/all.node.ts',
    'floor-cli: src/cli/main.ts',
    'floor-web-worker-demo: web-worker-demo/page.ts',
    'no-dead-file: src/wallet/typed.ts',
  ])('find %s', (violation) => {
    expect(found).toContain(violation);
  });

  it('find Node modules in the transitive imports of a page', () => {
    expect(found.filter((violation) => violation.startsWith('pages-without-node'))).not.toEqual([]);
  });

  it('accept every file without a violation', () => {
    const free = ['lazy.ts', 'storage-files.ts', 'pure.ts', 'database.ts', 'feed.test.ts', 'supervisor.ts'];
    const others = found.filter((violation) => !violation.startsWith('no-dead-file'));
    expect(others.filter((violation) => free.some((name) => violation.endsWith(`/${name}`)))).toEqual([]);
  });
});
