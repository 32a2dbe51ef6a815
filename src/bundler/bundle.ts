/**
 * Runs esbuild for code that a sandbox runs: one text, for a realm that has neither a DOM nor modules of Node.
 * @module
 */
import type { BuildOptions, BuildResult, Message, Plugin } from 'esbuild';
import type { ModuleBundle } from '../worktimes/packing/bundler.js';
import { usesBuffer, withBuffer } from './buffer.js';
import { builtIns, PACKAGE_FOLDER } from './built-ins.js';
import { bundleError, describeMessage } from './errors.js';
import { BUNDLE_URL, fetchDefinition, FETCH_NAME } from './fetch-files.js';
import { loadEsbuild, type Esbuild } from './load-esbuild.js';
import { BundledFiles, TEXT_LOADERS } from './bundled-files.js';
import { checkBundleSize } from './size.js';

export interface BundleRequest {
  /** What is bundled, as the beginning of a sentence. */
  readonly what: string;
  readonly input: Pick<BuildOptions, 'entryPoints' | 'stdin'>;
  readonly format: 'esm' | 'cjs';
  readonly hasSourceMap: boolean;
  readonly plugins?: readonly Plugin[];
}

/** Messages of esbuild about imports whose module is known when they are reached: a sandbox finds none of them. */
const COMPUTED_IMPORTS = ['unsupported-dynamic-import', 'unsupported-require-call', 'indirect-require'];

/** Packages have such imports in branches that a sandbox does not reach. */
const isForAuthor = ({ id, location }: Message): boolean =>
  !COMPUTED_IMPORTS.includes(id) || (location !== null && !PACKAGE_FOLDER.test(location.file));

type Built = BuildResult<{ write: false; metafile: true }>;

/** @throws BUNDLER_MISSING, WORK_FUNCTION_INVALID */
export async function bundle(request: BundleRequest): Promise<ModuleBundle> {
  const { what } = request;
  const esbuild = await loadEsbuild(`${what} has to be bundled`);
  const files = new BundledFiles();
  const plain = optionsFor(request, files);
  let built = await run(esbuild, what, plain);
  // What few bundles need is added in a second run, since it takes time.
  const first = textOf(built);
  const withFiles = first.includes(BUNDLE_URL) ? withFileUrls(plain, files) : plain;
  const complete = usesBuffer(first) ? withBuffer(withFiles) : withFiles;
  if (complete !== plain) built = await run(esbuild, what, complete);
  const used = files.usedIn(textOf(built));
  const bytes = outputOf(built, '.js')!;
  checkBundleSize(what, bytes.length, built.metafile);
  const sourceMap = outputOf(built, '.js.map');
  return {
    bytes,
    ...(sourceMap === undefined ? {} : { sourceMap }),
    files: used,
    warnings: built.warnings.filter(isForAuthor).map(describeMessage),
  };
}

function optionsFor(
  { input, format, hasSourceMap, plugins = [] }: BundleRequest,
  files: BundledFiles,
): BuildOptions {
  return {
    ...input,
    absWorkingDir: process.cwd(),
    outfile: 'work-function.js',
    write: false,
    metafile: true,
    bundle: true,
    format,
    platform: 'browser',
    target: 'es2022',
    conditions: ['worker', 'module'],
    mainFields: ['browser', 'module', 'main'],
    define: {
      'process.env.NODE_ENV': '"production"',
      global: 'globalThis',
      'import.meta.url': JSON.stringify(BUNDLE_URL),
    },
    loader: TEXT_LOADERS,
    // Identifiers stay, since libraries read the names of functions and classes.
    minifyWhitespace: true,
    minifySyntax: true,
    charset: 'utf8',
    ...(hasSourceMap ? { sourcemap: 'external', sourcesContent: false } : {}),
    logLevel: 'silent',
    logOverride: Object.fromEntries(COMPUTED_IMPORTS.map((id) => [id, 'warning' as const])),
    plugins: [...plugins, builtIns, files.imports],
  };
}

/** With the files that the bundle names by URL, and a `fetch` that reads them. */
function withFileUrls(options: BuildOptions, files: BundledFiles): BuildOptions {
  return {
    ...options,
    define: { ...options.define, fetch: FETCH_NAME },
    banner: { js: fetchDefinition() },
    plugins: [...options.plugins!, files.urls],
  };
}

async function run(esbuild: typeof Esbuild, what: string, options: BuildOptions): Promise<Built> {
  try {
    return await esbuild.build(options);
  } catch (error) {
    throw bundleError(what, error);
  }
}

function outputOf(built: Built, extension: string): Uint8Array | undefined {
  return built.outputFiles.find(({ path }) => path.endsWith(extension))?.contents;
}

function textOf(built: Built): string {
  return new TextDecoder().decode(outputOf(built, '.js'));
}
