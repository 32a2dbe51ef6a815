/**
 * Makes sure that the browser tests have a Chromium that starts, and with `--firefox` a Firefox too: finds them, or
 * installs them with the means of this machine, or says what to do and exits with 1.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './find-chromium.mjs';
import { findFirefox } from './find-firefox.mjs';

const INSTALL_MS_MAX = 280_000;
const START_MS_MAX = 30_000;
const FIREFOX_TOO = process.argv.includes('--firefox');

const isRoot = process.getuid?.() === 0;
const hasApt = isRoot && existsSync('/usr/bin/apt-get');

ensure({
  name: 'Chromium',
  find: findChromium,
  variable: 'CHROMIUM_PATH',
  install: () => (hasApt && aptInstall('chromium')) || run('npx', ['playwright', 'install', 'chromium']),
  byHand: [
    'Debian, Ubuntu:  sudo apt-get install chromium',
    'anywhere else:   npx playwright install --with-deps chromium',
  ],
});
if (FIREFOX_TOO) {
  ensure({
    name: 'Firefox',
    find: findFirefox,
    variable: 'FIREFOX_PATH',
    install: () => hasApt && aptInstall('firefox-esr'),
    byHand: ['Debian:          sudo apt-get install firefox-esr'],
  });
}

/**
 * @param {{ name: string, find: () => string | undefined, variable: string, install: () => boolean,
 *   byHand: string[] }} browser
 */
function ensure({ name, find, variable, install, byHand }) {
  if (find() === undefined) install();
  const found = find();
  const fault = found === undefined ? 'none was found, and none could be installed' : whyNotStarting(found);
  if (fault === undefined) {
    console.log(`${name} for the tests: ${found}`);
    return;
  }
  console.error(
    [
      `The browser tests need ${name}: ${fault}.`,
      'Install it yourself, then run the tests again; any one of these will do:',
      ...byHand.map((line) => `  ${line}`),
      `  already there:   ${variable}=/path/to/it npm test`,
    ].join('\n'),
  );
  process.exitCode = 1;
}

/**
 * @param {string} path
 * @returns {string | undefined} the reason, for a program that does not start
 */
function whyNotStarting(path) {
  const { status, error, stderr } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: START_MS_MAX,
  });
  if (status === 0) return undefined;
  const reason = error?.message ?? (stderr ?? '').trim().split('\n').at(-1);
  return `${path} does not start (${reason || `exit code ${status}`})`;
}

/** @param {string} name of Debian's package */
function aptInstall(name) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', name, 'fonts-liberation'];
  // The list of packages of a new machine is empty or old: only then does it need to be fetched.
  return run('apt-get', install, env) || (run('apt-get', ['update'], env) && run('apt-get', install, env));
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function run(command, args, env = {}) {
  console.log(`Trying: ${command} ${args.join(' ')}`);
  const options = { stdio: 'inherit', env: { ...process.env, ...env }, timeout: INSTALL_MS_MAX };
  return spawnSync(command, args, options).status === 0;
}
