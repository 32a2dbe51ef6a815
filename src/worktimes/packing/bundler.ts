/**
 * The interface between the deployer and a bundler of JavaScript: it puts a module, or npm libraries, and all that they
 * import into one text, since sandboxes have no modules to import.
 * @module
 */

export interface ModuleBundle {
  /** UTF-8 text: an ES module, or the script of libraries. */
  readonly bytes: Uint8Array;
  /** The source map (version 3, JSON) without the sources themselves; absent for libraries. */
  readonly sourceMap?: Uint8Array;
  /** The files that it reads while it runs, by their absolute paths among the job's files. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What may fail in a sandbox, one sentence each. */
  readonly warnings: readonly string[];
}

export interface Bundler {
  /** Whether the module has to be bundled: it is TypeScript, or it imports something. */
  isNeeded(url: URL, text: string): boolean;
  /**
   * Bundles the module of a work function.
   * @throws BUNDLER_MISSING, WORK_FUNCTION_INVALID with the file and line
   */
  bundleModule(url: URL): Promise<ModuleBundle>;
  /**
   * Bundles libraries into a script whose value is an object with a function for each name, which returns the library.
   * @param libraries what each name stands for: the name of a package, or the URL of a module
   * @throws BUNDLER_MISSING, WORK_FUNCTION_INVALID
   */
  bundleLibraries(libraries: ReadonlyMap<string, string | URL>): Promise<ModuleBundle>;
  /** Finds positions in the author's files, 'file:line:column', for lines and columns of the bundle; all count from 1. */
  readSourceMap(sourceMap: Uint8Array): (line: number, column: number) => string | undefined;
}
