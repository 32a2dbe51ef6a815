/**
 * Builds the page at `/` and the embedded one at `/embed` into dist/web, and serves them from their sources with
 * `npm run dev:page`, in front of a scheduler of this machine (`npx manyhands scheduler`, or the one that
 * MANYHANDS_SCHEDULER names).
 * @module
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const PAGE = import.meta.dirname;
const SRC = join(PAGE, '..', 'src');

/** What the scheduler serves besides the pages. */
const FROM_SCHEDULER = ['/socket', '/blobs/', '/sandbox/', '/assets/', '/element.js'];
const SCHEDULER = process.env['MANYHANDS_SCHEDULER'] ?? 'http://localhost:8462';

/** The public parts that the pages use, by their package names. */
const PUBLIC_PARTS = ['worker', 'wallet', 'element'].map((name) => ({
  find: `manyhands/${name}`,
  replacement: join(SRC, 'entry', `${name}.browser.ts`),
}));

export default defineConfig({
  root: PAGE,
  appType: 'mpa',
  resolve: { alias: PUBLIC_PARTS },
  plugins: [sharedParts(), serviceWorker()],
  build: {
    // Beside dist/web: scripts/build.mjs puts the whole folder in its place at once.
    outDir: join(PAGE, '..', 'dist', '.web'),
    emptyOutDir: false,
    target: 'es2022',
    // The style sheets are written for the browsers that are supported.
    cssTarget: 'esnext',
    // The policy of the pages allows no inline scripts and no `data:` URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        main: join(PAGE, 'index.html'),
        embed: join(PAGE, 'embed.html'),
        sw: join(PAGE, 'sw.ts'),
      },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/page-[hash].js',
      },
    },
  },
  server: {
    port: 8463,
    fs: { allow: [join(PAGE, '..')] },
    // The scheduler sees the page's own `Host` and `Origin`, which are the same, and so accepts them.
    proxy: Object.fromEntries(FROM_SCHEDULER.map((path) => [path, { target: SCHEDULER, ws: true }])),
  },
});

/** Replaces `<!-- {{name}} -->` in a page by parts/name.html, and `{{argument}}` there by the text of `{{name: text}}`. */
function sharedParts(): Plugin {
  return {
    name: 'shared-parts',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        html.replaceAll(/<!-- \{\{([\w-]+)(?:: ([\w -]+))?\}\} -->/g, (_, name: string, argument = '') =>
          readFileSync(join(PAGE, 'parts', `${name}.html`), 'utf8').replaceAll(
            '{{argument}}',
            String(argument),
          ),
        ),
    },
    handleHotUpdate({ file, server }) {
      if (file.startsWith(join(PAGE, 'parts'))) server.ws.send({ type: 'full-reload' });
    },
  };
}

/** Files of the public folder that the donor page loads. */
const PUBLIC_SHELL = ['icon.svg', 'icons/icon-192.png', 'manifest.webmanifest'];

/** Tells the service worker which files the donor page loads: it keeps them for when there is no network. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js'];
      const index = bundle['index.html'];
      if (worker?.type !== 'chunk' || index?.type !== 'asset') return this.error('The build has no page.');
      const assets = Object.keys(bundle).filter((file) => /^assets\/(?!embed-)/.test(file));
      const shell = ['', ...PUBLIC_SHELL, ...assets].map((file) => `/${file}`).sort();
      // Names of assets change with their content.
      const version = createHash('sha256').update(shell.join()).update(index.source);
      for (const file of PUBLIC_SHELL) version.update(readFileSync(join(PAGE, 'public', file)));
      const values = { SHELL: shell, SHELL_VERSION: version.digest('hex').slice(0, 16) };
      const constants = Object.entries(values).map(
        ([name, value]) => `const ${name}=${JSON.stringify(value)};`,
      );
      worker.code = constants.join('') + worker.code;
    },
  };
}
