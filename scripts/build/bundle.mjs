/** What runs in browsers: the sandbox script, the frame around it, and the donor page. */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
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
const PUBLIC_ENTRIES = Object.fromEntries(
  ['worker', 'wallet', 'element'].map((name) => [
    `manyhands/${name}`,
    join(SRC, 'entry', `${name}.browser.ts`),
  ]),
);

/** One classic script that a Worker in the frame starts from; its text, or nothing where it is not written yet. */
export async function bundleSandbox() {
  const entry = join(SRC, 'worktimes', 'sandbox', 'browser-sandbox.ts');
  if (isMissing(entry)) return undefined;
  const text = await bundleScript(entry);
  await mkdir(join(DIST, 'sandbox'), { recursive: true });
  await writeFile(join(DIST, 'sandbox', 'browser-sandbox.js'), text);
  return text;
}

/** What holds sandboxes without a window: the main thread of Deno's process, and the page in a browser. */
export async function bundleHeadless() {
  const folder = join(SRC, 'worker', 'hosts');
  const entries = {
    'deno-main.js': join(folder, 'deno', 'inside', 'main.ts'),
    'chromium-bridge.js': join(folder, 'chromium', 'page', 'bridge.ts'),
  };
  await mkdir(join(DIST, 'sandbox'), { recursive: true });
  for (const [name, entry] of Object.entries(entries)) {
    if (isMissing(entry)) continue;
    const { outputFiles } = await build({ ...SHARED, entryPoints: [entry], format: 'esm', target: 'es2022' });
    await writeFile(join(DIST, 'sandbox', name), outputFiles[0].text);
  }
  const ports = await bundleScript(join(folder, 'deno', 'inside', 'job-ports.ts'));
  await writeFile(join(DIST, 'sandbox', 'deno-ports.js'), ports);
}

/** The frame's document with its script inline, and headers.json with the hash that lets this script alone run. */
export async function bundleFrame() {
  const folder = join(SRC, 'worker', 'hosts', 'browser', 'frame');
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

/**
 * The page at `/` and the embedded one at `/embed` with their scripts and styles, the element for other sites, what
 * makes the page installable, and its service worker.
 */
export async function bundlePage() {
  const page = join(PAGE, 'index.html');
  if (isMissing(page) || isMissing(PUBLIC_ENTRIES['manyhands/worker'])) return;
  const entries = ['main.ts', 'embed.ts', 'style.css', 'embed.css'].map((name) => join(PAGE, name));
  const result = await build({
    ...SHARED,
    entryPoints: entries,
    format: 'esm',
    splitting: true,
    metafile: true,
    outdir: join(STAGE, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: 'page-[hash]',
    alias: PUBLIC_ENTRIES,
  });
  await mkdir(join(STAGE, 'assets'), { recursive: true });
  for (const file of result.outputFiles) await writeFile(file.path, file.contents);
  const { paths, shell } = pageFiles(result.metafile);
  for (const [name, own] of Object.entries(PAGES)) {
    const made = { ...paths, ...(await pageParts(own)) };
    await writeFile(join(STAGE, name), fill(await readFile(join(PAGE, name), 'utf8'), made));
  }
  await copyFile(join(PAGE, 'icon.svg'), join(STAGE, 'icon.svg'));
  await cp(join(PAGE, 'icons'), join(STAGE, 'icons'), { recursive: true });
  await copyFile(join(PAGE, 'manifest.webmanifest'), join(STAGE, 'manifest.webmanifest'));
  await writeFile(join(STAGE, 'element.js'), await bundleScript(PUBLIC_ENTRIES['manyhands/element'], 'esm'));
  await writeFile(join(STAGE, 'sw.js'), await bundleServiceWorker(shell));
}

/** The pages, and what of the parts that they share is each one's own. */
const PAGES = {
  'index.html': { describedBy: 'state-why' },
  'embed.html': { describedBy: 'means groups-note hidden-note' },
};

/** What both pages have in common, by the name that their templates know it by. */
async function pageParts(own) {
  const read = async (name) => fill(await readFile(join(PAGE, 'parts', `${name}.html`), 'utf8'), own);
  return {
    power: await read('power'),
    actions: await read('actions'),
    questions: await read('questions'),
    noScript: await read('no-script'),
    howMuch: await read('how-much'),
    when: await read('when'),
    askFirst: await read('ask-first'),
    blocked: await read('blocked'),
    credits: await read('credits'),
  };
}

/** The paths that the pages' templates ask for, and those of the donor page's shell. */
function pageFiles({ outputs }) {
  const paths = Object.entries(outputs).map(([file, { entryPoint }]) => ({
    path: `/assets/${basename(file)}`,
    from: entryPoint === undefined ? undefined : basename(entryPoint),
  }));
  const pathOf = (from) => paths.find((one) => one.from === from)?.path;
  const asked = {
    main: pathOf('main.ts'),
    style: pathOf('style.css'),
    embed: pathOf('embed.ts'),
    embedStyle: pathOf('embed.css'),
  };
  const scripts = paths.filter(({ from }) => from === undefined || !from.startsWith('embed.'));
  const fixed = ['/', '/icon.svg', '/icons/icon-192.png', '/manifest.webmanifest'];
  return { paths: asked, shell: [...fixed, ...scripts.map(({ path }) => path)].sort() };
}

/** `shell`: what it keeps for when there is no network. */
async function bundleServiceWorker(shell) {
  const hash = createHash('sha256');
  for (const path of shell) {
    hash.update(path);
    hash.update(await readFile(join(STAGE, path === '/' ? 'index.html' : path)));
  }
  const define = {
    SHELL: JSON.stringify(shell),
    SHELL_VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)),
  };
  return bundleScript(join(PAGE, 'sw.ts'), 'iife', define);
}

async function bundleScript(entry, format = 'iife', define = {}) {
  const result = await build({ ...SHARED, entryPoints: [entry], format, define });
  return result.outputFiles[0].text;
}

function isMissing(file) {
  if (existsSync(file)) return false;
  console.warn(`Left out what needs ${relative(ROOT, file)}: there is no such file.`);
  return true;
}
