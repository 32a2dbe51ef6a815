/**
 * The installed package in a page that Vite builds: it builds, without Node and without what a page does not need.
 * @module
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { build, createServer, type Plugin, type Rolldown } from 'vite';
import { describe, expect, inject, it } from 'vitest';

const { folder } = inject('installed');

const KIB = 1024;
/** Maximum compressed size of `import 'manyhands'` in a page, before anything is signed. */
const ROOT_BYTES_MAX = 88 * KIB;

interface Page {
  chunks: Rolldown.OutputChunk[];
  /** Modules that are loaded with the page: those of the entry and of its static imports. */
  eager: string[];
  /** All modules, including those of lazy chunks. */
  all: string[];
  eagerBytes: number;
  warnings: string[];
}

/** Builds a page with this script. */
async function buildPage(name: string, script: string): Promise<Page> {
  const root = join(folder, name);
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>');
  await writeFile(join(root, 'main.js'), script);
  const warnings: string[] = [];
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: {
        onwarn(warning, defaultHandler) {
          warnings.push(warning.message);
          // Vite's own warning about an import that cannot be resolved ends the build.
          defaultHandler(warning);
        },
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[];
  const chunks = outputs.flatMap((output) => output.output).filter((output) => output.type === 'chunk');
  const eagerChunks = closure(chunks);
  return {
    chunks,
    eager: eagerChunks.flatMap((chunk) => chunk.moduleIds),
    all: chunks.flatMap((chunk) => chunk.moduleIds),
    eagerBytes: eagerChunks.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0),
    warnings,
  };
}

/** The entry and its static imports, transitively. */
function closure(chunks: Rolldown.OutputChunk[]): Rolldown.OutputChunk[] {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set<Rolldown.OutputChunk>();
  const visit = (chunk: Rolldown.OutputChunk | undefined): void => {
    if (chunk === undefined || found.has(chunk)) return;
    found.add(chunk);
    for (const name of chunk.imports) visit(byName.get(name));
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk);
  return [...found];
}

const inside = (modules: string[], dependency: string): string[] =>
  modules.filter((id) => id.includes(`/node_modules/${dependency}/`));

/** Uses of Node's API in the output. */
function nodeIn(page: Page): string[] {
  const imports = page.chunks.flatMap((chunk) =>
    [...chunk.imports, ...chunk.dynamicImports].filter((name) => name.startsWith('node:')),
  );
  const stubs = page.all.filter((id) => id.includes('__vite-browser-external'));
  const text = page.chunks.filter((chunk) => /\b(from|import|require)\s*\(?\s*["'`]node:/.test(chunk.code));
  return [...imports, ...stubs, ...text.map((chunk) => chunk.fileName)];
}

it('the plugin makes a work module one file with its imports, and leaves Workers alone', async () => {
  const { workModules } = (await import(
    pathToFileURL(join(folder, 'node_modules/manyhands/dist/bundler/vite-plugin.js')).href
  )) as { workModules: () => Plugin };
  const root = join(folder, 'work-modules');
  const files = {
    'index.html': '<!doctype html><script type="module" src="./main.ts"></script>',
    'main.ts': `
      import { computeFor } from 'manyhands';
      export const job = computeFor([1, 2], new URL('./work.ts', import.meta.url));
      export const thread = (): unknown => new Worker(new URL('./thread.ts', import.meta.url));`,
    'work.ts': "import { twice } from './twice.js';\nexport default (n: number): number => twice(n) + 1;\n",
    'twice.ts': 'export const twice = (n: number): number => n * 2;\n',
    'thread.ts': "console.log('thread');\n",
  };
  await mkdir(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  const config = { root, configFile: false, logLevel: 'silent', plugins: [workModules()] } as const;
  await build({ ...config, plugins: [workModules()], build: { outDir: join(root, 'out') } });
  const names = await readdir(join(root, 'out/assets'));
  const work = names.find((name) => name.startsWith('work-'))!;
  const { default: fn } = (await import(pathToFileURL(join(root, 'out/assets', work)).href)) as {
    default: (n: number) => number;
  };
  expect(fn(20)).toBe(41);
  const entry = names.find((name) => name.startsWith('index-'))!;
  expect(await readFile(join(root, 'out/assets', entry), 'utf8')).toContain(work);
  expect(names.some((name) => name.startsWith('thread-'))).toBe(true);

  const server = await createServer({
    ...config,
    plugins: [workModules()],
    server: { middlewareMode: true },
  });
  const served = await server.transformRequest('/main.ts');
  await server.close();
  expect(served!.code).toContain('new URL("data:text/javascript;base64,');
});

describe('a page', () => {
  it('of a deployer builds without Node modules, and loads no large dependency', async () => {
    const page = await buildPage(
      'deployer',
      "import { computeFor } from 'manyhands';\nconsole.log(computeFor);\n",
    );
    expect(nodeIn(page)).toEqual([]);
    for (const dependency of [
      'pyodide',
      'libsql',
      'ws',
      'comlink',
      'commander',
      'log-update',
      'fast-png',
      'uqr',
    ]) {
      expect(inside(page.all, dependency)).toEqual([]);
    }
    // Signing is loaded when something is signed.
    expect(inside(page.eager, 'ethers')).toEqual([]);
    expect(inside(page.all, 'ethers')).not.toEqual([]);
    expect(inside(page.all, 'manyhands').length).toBeGreaterThan(5);
    expect(page.eagerBytes).toBeLessThan(ROOT_BYTES_MAX);
    expect(page.warnings).toEqual([]);
  });

  it('of a donor builds without Node modules', async () => {
    const page = await buildPage(
      'donor',
      "import { Worker } from 'manyhands/worker';\nconsole.log(Worker);\n",
    );
    expect(nodeIn(page)).toEqual([]);
    for (const dependency of ['pyodide', 'libsql', 'ws', 'ethers'])
      expect(inside(page.eager, dependency)).toEqual([]);
    expect(inside(page.all, 'libsql')).toEqual([]);
  });

  it('of a deployer and donor with wallet and JobFS builds', async () => {
    const names = ['computeFor', 'Worker', 'wallet', 'JobFS'];
    const script = `
      import { computeFor } from 'manyhands';
      import { Worker } from 'manyhands/worker';
      import { wallet } from 'manyhands/wallet';
      import { JobFS } from 'manyhands/jobfs';
      console.log(${names.join(', ')});`;
    const page = await buildPage('both', script);
    expect(nodeIn(page)).toEqual([]);
  });

  it.each([
    ['scheduler', 'startScheduler'],
    ['operator', 'openOperator'],
  ])('that imports manyhands/%s gets an error that it runs only in Node', async (room, name) => {
    const contents = `export { ${name} } from 'manyhands/${room}';`;
    const options = { stdin: { contents, resolveDir: folder }, bundle: true, write: false } as const;
    const { outputFiles } = await bundle({ ...options, platform: 'browser', format: 'esm' });
    const url = `data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`;
    const page = (await import(/* @vite-ignore */ url)) as Record<string, () => unknown>;
    expect(() => page[name]!()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_ENVIRONMENT' }));
    const script = `import { ${name} } from 'manyhands/${room}';\nconsole.log(${name});\n`;
    expect(nodeIn(await buildPage(room, script))).toEqual([]);
  });
});
