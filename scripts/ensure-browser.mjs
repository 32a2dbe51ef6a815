/**
 * Makes sure that the browser tests have a Chromium: finds one, or installs one with the means of this machine, or
 * says what to do and exits with 1.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './find-chromium.mjs';

const INSTALL_MS_MAX = 280_000;

if (findChromium() === undefined) install();
const found = findChromium();
if (found !== undefined) {
  console.log(`Chromium for the tests: ${found}`);
} else {
  console.error(
    [
      'The browser tests need Chromium, and it could neither be found nor installed here.',
      'Install it yourself, then run the tests again; any one of these will do:',
      '  Debian, Ubuntu:  sudo apt-get install chromium',
      '  anywhere else:   npx playwright install chromium',
      '  already there:   CHROMIUM_PATH=/path/to/chromium npm test',
    ].join('\n'),
  );
  process.exitCode = 1;
}

/** Tries what this machine offers; whether it worked is seen by looking again. */
function install() {
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], env)) return;
    run('apt-get', ['update'], env);
    if (run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], env)) return;
  }
  run('npx', ['playwright', 'install', 'chromium'], process.env);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function run(command, args, env) {
  console.log(`Trying: ${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: 'inherit', env, timeout: INSTALL_MS_MAX }).status === 0;
}
