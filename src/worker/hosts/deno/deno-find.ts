/**
 * Finds Deno on this machine: at the path in `MANYHANDS_DENO`, on the PATH, or in the npm package `deno` if it is
 * installed next to this one. Queries its version and its built-in Node modules.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ManyhandsError } from '../../../lib/errors.js';
import { isProgram, searchFolders, type Environment } from '../process/find-program.js';

export interface DenoFound {
  /** Path of the executable. */
  path: string;
  version: string;
  /** Names of the Node modules that Deno provides, without `node:`. */
  builtinModules: string[];
}

/** Oldest major version whose flags and workers are supported. */
export const DENO_MAJOR_MIN = 2;
const ASK_MS_MAX = 20_000;
const QUESTION =
  'console.log(JSON.stringify([Deno.version.deno, process.getBuiltinModule("module").builtinModules]))';

/** Path of Deno's executable, if found. Does not check that it works. */
export function findDeno(env: Environment): string | undefined {
  const named = env['MANYHANDS_DENO'];
  if (named) return isProgram(named) ? named : undefined;
  const file = process.platform === 'win32' ? 'deno.exe' : 'deno';
  const onPath = searchFolders(env)
    .map((folder) => join(folder, file))
    // npm's links to the package `deno` are Node scripts; its binary is found below.
    .find((path) => isProgram(path) && !path.includes(join('node_modules', '.bin')));
  return onPath ?? inPackage(file);
}

/**
 * Queries a Deno executable. `begun` receives the process id and returns a function to call when the process has ended.
 * @throws ISOLATION_UNAVAILABLE where it does not run, or is too old
 */
export async function queryDeno(
  path: string,
  env: Record<string, string>,
  begun?: (pid: number | undefined) => () => void,
): Promise<DenoFound> {
  const output = await ask(path, env, begun);
  let version: unknown;
  let modules: unknown;
  try {
    [version, modules] = JSON.parse(output) as unknown[];
  } catch {
    throw unavailable(
      `${path} is not Deno, or does not run here: ${output.slice(0, 300) || 'it prints nothing'}.`,
    );
  }
  if (typeof version !== 'string' || !(Number.parseInt(version, 10) >= DENO_MAJOR_MIN)) {
    throw unavailable(
      `${path} is Deno ${String(version)}; version ${DENO_MAJOR_MIN}.0 or later is required.`,
    );
  }
  const names = Array.isArray(modules) ? modules.map((name) => String(name).replace(/^node:/, '')) : [];
  return { path, version, builtinModules: names };
}

function ask(
  path: string,
  env: Record<string, string>,
  begun?: (pid: number | undefined) => () => void,
): Promise<string> {
  const args = ['eval', '--no-config', '--no-lock', QUESTION];
  return new Promise((resolve) => {
    const child = execFile(path, args, { env, timeout: ASK_MS_MAX }, (error, stdout, stderr) => {
      over?.();
      resolve(error === null ? stdout : stderr.trim() || error.message);
    });
    const over = begun?.(child.pid);
  });
}

/** The binary is in the package for the platform; npm may not run the install script that copies it. */
function inPackage(file: string): string | undefined {
  const starts = [import.meta.url, join(process.cwd(), 'package.json')];
  for (const start of starts) {
    try {
      const require = createRequire(start);
      const deno = require.resolve('deno/package.json');
      const copied = join(dirname(deno), file);
      if (isProgram(copied)) return copied;
      const platform = createRequire(deno).resolve(`@deno/${platformName()}/package.json`);
      const path = join(dirname(platform), file);
      if (isProgram(path)) return path;
    } catch {
      // Not installed here.
    }
  }
  return undefined;
}

function platformName(): string {
  const { platform, arch } = process;
  return platform === 'linux' ? `linux-${arch}-${isMusl() ? 'musl' : 'glibc'}` : `${platform}-${arch}`;
}

function isMusl(): boolean {
  return existsSync('/etc/alpine-release');
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' });
}
