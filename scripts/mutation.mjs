/**
 * The mutation run: Stryker changes the code in one place at a time and runs the tests of its folder. A change that no test
 * notices shows a check that is missing. docs/mutation.md has the score, and how to read a survivor.
 * @module
 */
import { Stryker } from '@stryker-mutator/core';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FOLDERS, NOT_MUTATED } from './mutation/folders.mjs';
import { sampleLines } from './mutation/sample-lines.mjs';

const USAGE = `Usage: npm run test:mutation -- [policy] [commands] [core] [protocol]
  --lines N        mutate so many lines of each file (default 12)
  --all            mutate every line
  --files TEXT     only files whose path contains the text
  --seed N         the seed of the choice of lines (default 1)
  --json FILE      write the survivors there`;
/** The least share of mutants that tests must notice, percent. */
const SCORE_MIN = 80;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string', default: '12' },
    all: { type: 'boolean', default: false },
    files: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !FOLDERS.some((folder) => folder.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No folder is called ${unknown.join(', ')}.\n`);
  console.log(USAGE);
  process.exit(unknown.length > 0 ? 2 : 0);
}
const sample = { lines: values.all ? Infinity : Number(values.lines), seed: Number(values.seed) };

/** Ranges of lines in Stryker's form: `file.ts:3-3`. */
async function mutatedLines(folder) {
  const files = await readdir(folder, { recursive: true });
  const paths = files.map((file) => join(folder, file)).filter((path) => path.endsWith('.ts'));
  const isChosen = (path) => !NOT_MUTATED.test(path) && path.includes(values.files);
  const ranges = [];
  for (const path of paths.filter(isChosen).sort()) {
    const lines = sampleLines(path, await readFile(path, 'utf8'), sample);
    ranges.push(...lines.map((line) => `${path}:${line}-${line}`));
  }
  return ranges;
}

async function runMutants(mutate, { tests, setup = [] }) {
  process.env.MUTATION_TESTS = tests.join(',');
  process.env.MUTATION_SETUP = setup.join(',');
  const stryker = new Stryker({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', './scripts/mutation/ignore-texts.mjs'],
    vitest: { configFile: 'scripts/mutation/vitest.config.mjs', related: false },
    mutate,
    ignorers: ['texts'],
    ignorePatterns: ['/dist', '/docs', '/examples', '/bench', '/web-worker-demo', '/.git', '/.cache-types'],
    coverageAnalysis: 'perTest',
    // Code that runs while a module is loaded belongs to no test: each mutant of it would run all of them.
    ignoreStatic: true,
    concurrency: 1,
    reporters: ['dots'],
    tempDirName: '.mutation',
    allowConsoleColors: false,
  });
  return stryker.runMutationTest();
}

const NOTICED = new Set(['Killed', 'Timeout', 'RuntimeError']);
const MISSED = new Set(['Survived', 'NoCoverage']);

const survivors = [];
let isEnough = true;
for (const folder of FOLDERS) {
  if (positionals.length > 0 && !positionals.includes(folder.name)) continue;
  const lines = await mutatedLines(folder.folder);
  if (lines.length === 0) continue;
  const beganMs = performance.now();
  const results = await runMutants(lines, folder);
  const minutes = (performance.now() - beganMs) / 60_000;
  const noticed = results.filter(({ status }) => NOTICED.has(status)).length;
  const missed = results.filter(({ status }) => MISSED.has(status));
  const score = (100 * noticed) / (noticed + missed.length);
  isEnough &&= score >= SCORE_MIN;
  console.log(
    `\n${folder.folder}: ${noticed} of ${noticed + missed.length} mutants noticed, ${score.toFixed(1)} %, in ${minutes.toFixed(1)} min`,
  );
  for (const { fileName, location, mutatorName, replacement, status } of missed) {
    const survivor = { fileName, line: location.start.line, mutatorName, replacement, status };
    survivors.push({ ...survivor, location });
    console.log(`  ${fileName}:${location.start.line} ${status} ${mutatorName}: ${replacement}`);
  }
}
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(survivors, undefined, 2));
process.exitCode = isEnough ? 0 : 1;
