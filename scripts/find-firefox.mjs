/**
 * Finds a Firefox for the deep tests: `FIREFOX_PATH`, else Debian's.
 * @module
 */
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The path of a Firefox, or nothing. */
export function findFirefox() {
  return process.env.FIREFOX_PATH || PLACES.find((path) => existsSync(path));
}
