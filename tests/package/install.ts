/**
 * Packs the package and installs the tarball in an empty folder, once for all these tests. The folder is removed at
 * the end.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { run } from './run.js';

export interface Installed {
  /** A folder for applications: its `node_modules` contains the package. */
  folder: string;
  /** The folder of the installed package. */
  packageFolder: string;
  /** Paths inside the tarball. */
  files: string[];
  /** Of the tarball. */
  packedBytes: number;
  unpackedBytes: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    installed: Installed;
  }
}

interface PackReport {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

let temporary: string;

export async function setup(project: TestProject): Promise<void> {
  temporary = await mkdtemp(join(tmpdir(), 'manyhands-package-'));
  const folder = join(temporary, 'application');
  await mkdir(folder);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'application', private: true, type: 'module' }),
  );

  const packed = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary],
    process.cwd(),
  );
  const report = readReport(packed.stdout);
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['install', ...flags, join(temporary, report.filename)], folder);

  project.provide('installed', {
    folder,
    packageFolder: join(folder, 'node_modules', 'manyhands'),
    files: report.files.map((file) => file.path),
    packedBytes: report.size,
    unpackedBytes: report.unpackedSize,
  });
}

export async function teardown(): Promise<void> {
  await rm(temporary, { recursive: true, force: true });
}

/** npm prints a list of reports, or from version 12 on a record of them by name. */
function readReport(stdout: string): PackReport {
  const reports = Object.values(JSON.parse(stdout) as Record<string, PackReport>);
  const [report] = reports;
  if (report === undefined) throw new Error(`npm pack reported nothing: ${stdout}`);
  return report;
}
