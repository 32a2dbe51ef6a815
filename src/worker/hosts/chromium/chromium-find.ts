/**
 * Finds a Chromium-based browser on this machine: at the path in `MANYHANDS_CHROMIUM`, on the PATH, or in the usual
 * places.
 * @module
 */
import { join } from 'node:path';
import { isProgram, searchFolders, type Environment } from '../process/find-program.js';

const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];
const PLACES = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const PLACES_OF_WINDOWS = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Chromium\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

/** Path of the browser's executable, if found. Does not check that it works. */
export function findChromium(env: Environment): string | undefined {
  const named = env['MANYHANDS_CHROMIUM'];
  if (named) return isProgram(named) ? named : undefined;
  const folders = searchFolders(env);
  const programs = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']].filter(isText);
  const candidates = [
    ...COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...PLACES,
    ...programs.flatMap((folder) => PLACES_OF_WINDOWS.map((place) => join(folder, place))),
  ];
  return candidates.find(isProgram);
}

function isText(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
