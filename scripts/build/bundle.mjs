/** What runs in browsers: the sandbox script, the frame around it, and the donor page. */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { DIST, PAGE, ROOT, SRC, STAGE } from './paths.mjs';
import { fill } from './template.mjs';

const SHARED = {
  bundle: true,
  write: false,
  minify: true,
  target: 'es2022',
  platform: 'browser',
  absWorkingDir: ROOT,
  logLevel: 'silent',
  legalComments: 'none',
};

/** The public parts that the page uses, by their package names. */
const PUBLIC_ENTRIES = { 'manyhands/worker': join(SRC, 'entry', 'worker.browser.ts') };

/** One classic script that a Worker in the frame starts from; its text, or nothing where it is not written yet. */
export async function bundleSandbox() {
  const entry = join(SRC, 'worktimes', 'browser-sandbox.ts');
  if (isMissing(entry)) return undefined;
  const text = await bundleScript(entry);
  await mkdir(join(DIST, 'sandbox'), { recursive: true });
  await writeFile(join(DIST, 'sandbox', 'browser-sandbox.js'), text);
  return text;
}

/** The main thread of a headless sandbox's process, for Deno. */
export async function bundleDenoMain() {
  const entry = join(SRC, 'worker', 'sandbox', 'deno', 'main.ts');
  if (isMissing(entry)) return;
  const { outputFiles } = await build({ ...SHARED, entryPoints: [entry], format: 'esm', target: 'es2024' });
  await mkdir(join(DIST, 'sandbox'), { recursive: true });
  await writeFile(join(DIST, 'sandbox', 'deno-main.js'), outputFiles[0].text);
}

/** The frame's document with its script inline, and headers.json with the hash that lets this script alone run. */
export async function bundleFrame() {
  const folder = join(SRC, 'worker', 'sandbox', 'frame');
  const headers = join(PAGE, 'headers.json');
  if (isMissing(join(folder, 'main.ts')) || isMissing(headers)) return;
  // The text must not end its own script element.
  const script = (await bundleScript(join(folder, 'main.ts'))).replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  const frame = fill(await readFile(join(folder, 'frame.html'), 'utf8'), {
    script: `<script>${script}</script>`,
  });
  await mkdir(join(STAGE, 'sandbox'), { recursive: true });
  await writeFile(join(STAGE, 'sandbox', 'frame.html'), frame);
  const rules = fill(await readFile(headers, 'utf8'), { frameScriptHash: `sha256-${hash}` });
  JSON.parse(rules);
  await writeFile(join(STAGE, 'headers.json'), rules);
}

/** The page at `/`, its script and its style. */
export async function bundlePage() {
  const page = join(PAGE, 'index.html');
  const script = join(PAGE, 'main.ts');
  if (isMissing(page) || isMissing(script) || isMissing(PUBLIC_ENTRIES['manyhands/worker'])) return;
  const result = await build({
    ...SHARED,
    entryPoints: [script, join(PAGE, 'style.css')],
    format: 'esm',
    outdir: join(STAGE, 'assets'),
    entryNames: '[name]-[hash]',
    alias: PUBLIC_ENTRIES,
  });
  await mkdir(join(STAGE, 'assets'), { recursive: true });
  const made = {};
  for (const file of result.outputFiles) {
    await writeFile(file.path, file.contents);
    made[file.path.endsWith('.css') ? 'style' : 'main'] = `/assets/${basename(file.path)}`;
  }
  await writeFile(join(STAGE, 'index.html'), fill(await readFile(page, 'utf8'), made));
  await copyFile(join(PAGE, 'icon.svg'), join(STAGE, 'icon.svg'));
}

async function bundleScript(entry) {
  const result = await build({ ...SHARED, entryPoints: [entry], format: 'iife' });
  return result.outputFiles[0].text;
}

function isMissing(file) {
  if (existsSync(file)) return false;
  console.warn(`Left out what needs ${relative(ROOT, file)}: there is no such file.`);
  return true;
}
