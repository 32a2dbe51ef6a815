/** What runs in browsers: the sandbox script, the frame around it, and the donor page. */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build as buildPage } from 'vite';
import { DIST, PAGE, ROOT, SRC, STAGE } from './paths.mjs';

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

/** One classic script that a Worker in the frame starts from. @returns its text */
export async function bundleSandbox() {
  const entry = join(SRC, 'worktimes', 'sandbox', 'browser-sandbox.ts');
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
    await writeFile(join(DIST, 'sandbox', name), await bundleScript(entry, 'esm'));
  }
  const ports = await bundleScript(join(folder, 'deno', 'inside', 'job-ports.ts'));
  await writeFile(join(DIST, 'sandbox', 'deno-ports.js'), ports);
}

/** The frame's document with its script inline, and headers.json with the hash that lets this script alone run. */
export async function bundleFrame() {
  const folder = join(SRC, 'worker', 'hosts', 'browser', 'frame');
  // The text must not end its own script element.
  const script = (await bundleScript(join(folder, 'main.ts'))).replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  const frame = await readFile(join(folder, 'frame.html'), 'utf8');
  await mkdir(join(STAGE, 'sandbox'), { recursive: true });
  const filled = frame.replace('<!-- {{script}} -->', () => `<script>${script}</script>`);
  await writeFile(join(STAGE, 'sandbox', 'frame.html'), filled);
  const rules = await readFile(join(PAGE, 'headers.json'), 'utf8');
  await writeFile(join(STAGE, 'headers.json'), rules.replace('{{frameScriptHash}}', `sha256-${hash}`));
}

/** The page at `/` and the embedded one at `/embed`, by their own configuration, and the element for other sites. */
export async function bundlePage() {
  const entry = join(SRC, 'entry', 'element.browser.ts');
  await buildPage({ configFile: join(PAGE, 'vite.config.ts'), logLevel: 'warn' });
  await writeFile(join(STAGE, 'element.js'), await bundleScript(entry, 'esm'));
}

async function bundleScript(entry, format = 'iife') {
  const result = await build({ ...SHARED, entryPoints: [entry], format });
  return result.outputFiles[0].text;
}
