/**
 * Finds Deno on this machine: where `MANYHANDS_DENO` says, on the path, or in the npm package `deno` where somebody
 * installed it beside this one. Asks it for its version and for the modules of Node that it has inside.
 * @module
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { ManyhandsError } from '../../../lib/errors.js';

/** What is asked for in MANYHANDS_DENO and PATH. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface DenoFound {
  /** Of the executable. */
  path: string;
  version: string;
  /** Names of Node's modules that Deno carries, without `node:`. */
  builtinModules: string[];
}

/** Oldest Deno whose flags and workers are known. */
export const DENO_MAJOR_MIN = 2;
const ASK_MS_MAX = 20_000;
const QUESTION =
  'console.log(JSON.stringify([Deno.version.deno, process.getBuiltinModule("module").builtinModules]))';

/** The path of Deno's executable, or nothing. It is not asked whether it works. */
export function findDeno(env: Environment): string | undefined {
  const named = env['MANYHANDS_DENO'];
  if (named) return isProgram(named) ? named : undefined;
  const file = process.platform === 'win32' ? 'deno.exe' : 'deno';
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, file))
    // npm's links to the package `deno` are scripts for Node; its binary is found below.
    .find((path) => isProgram(path) && !path.includes(join('node_modules', '.bin')));
  return onPath ?? inPackage(file);
}

/**
 * Asks a Deno what it is. `begun` hears of the process that is asked, and gives what is to be called when it is over.
 * @throws ISOLATION_UNAVAILABLE where it does not run, or is too old
 */
export async function askDeno(
  path: string,
  env: Record<string, string>,
  begun?: (pid: number | undefined) => () => void,
): Promise<DenoFound> {
  const said = await ask(path, env, begun);
  let version: unknown;
  let modules: unknown;
  try {
    [version, modules] = JSON.parse(said) as unknown[];
  } catch {
    throw unavailable(
      `${path} is no Deno, or one that does not run here: ${said.slice(0, 300) || 'it says nothing'}.`,
    );
  }
  if (typeof version !== 'string' || !(Number.parseInt(version, 10) >= DENO_MAJOR_MIN)) {
    throw unavailable(`${path} is Deno ${String(version)}; it takes ${DENO_MAJOR_MIN}.0 or later.`);
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

/** The platform's package has the binary; npm does not run the script that copies it. */
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
      // Not installed from here.
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

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' });
}
