/**
 * The advice about a name from outside of a work function: what it is, and what to do in place of using it.
 * @module
 */
import { UNAVAILABLE_GLOBALS } from './unavailable-globals.js';
import type { OuterName } from './find-names.js';

/** Functions that compilers call for newer syntax than their target has. */
const HELPERS =
  /^(?:__(?:awaiter|async|asyncGenerator|await|generator|assign|rest|objRest|spread\w*|read|values|decorate\w*|param|metadata|extends|forAwait|yieldStar|publicField|private\w*|classPrivate\w*|importDefault|importStar|exportStar|require|toESM|toCommonJS|using|callDispose|addDisposableResource|disposeResources|esDecorate|runInitializers|propKey|setFunctionName|makeTemplateObject|template|earlyAccess)|_(?:asyncToGenerator|async_to_generator|extends|objectSpread\d*|object_spread\w*|objectWithoutProperties\w*|object_without_properties\w*|defineProperty|define_property|toConsumableArray|to_consumable_array|slicedToArray|sliced_to_array|createForOfIteratorHelper\w*|classCallCheck|class_call_check|createClass|create_class|inherits|regenerator\w*|interopRequire\w*|interop_require\w*|ts_generator|wrapNativeSuper|awaitAsyncGenerator|wrapAsyncGenerator)\d*|regeneratorRuntime|tslib(?:_\d+)?)$/;

/** What bundlers and test runners make of an imported module. */
const IMPORTS =
  /^(?:__vite_ssr_import_\d+__|__vi_import_\d+__|[\w$]+__WEBPACK_(?:IMPORTED|EXTERNAL)_MODULE_\w+|__webpack_require__|__turbopack_\w+__|__TURBOPACK__\w+|import_[\w$]+|_[a-z][\w$]*|[\w$]+_\d+)$/;

/** Counters that tools insert into functions. */
const COVERAGE = /^(?:cov_\w+|__cov_\w+|__coverage__|stryMutAct_\w+|stryCov_\w+|stryNS_\w+|_jscoverage)$/;

const PASS =
  'pass its value as an argument (computeFor(data, work, [value])), or as a constant by job.capture({ name }); write a function inside the work function';
const PACKAGE =
  "for a package, name it in computeFor's option imports or by job.requires; or write the work function in a file of its own and pass its URL, new URL('./work.js', import.meta.url)";

const NO_NETWORK = 'a sandbox has no network: give what it fetches as input (a RemoteDataSet) or in job.fs';
const NO_MODULES_OF_NODE = `a sandbox has no modules of Node; ${PACKAGE}`;
const NO_PAGE = 'a sandbox has no page: compute in the slice, and draw where the results arrive';

/** What to do in place of using a global of another platform. */
const PLATFORM_ADVICE: Readonly<Record<string, string>> = {
  require: NO_MODULES_OF_NODE,
  module: NO_MODULES_OF_NODE,
  exports: NO_MODULES_OF_NODE,
  fetch: NO_NETWORK,
  XMLHttpRequest: NO_NETWORK,
  WebSocket: NO_NETWORK,
  EventSource: NO_NETWORK,
  document: NO_PAGE,
  window: NO_PAGE,
  __dirname: 'a sandbox has no disk: add the files to job.fs, and read them by jobfs.readFile',
  __filename: 'a sandbox has no disk: add the files to job.fs, and read them by jobfs.readFile',
  process: 'a sandbox has no process: set job.env, and read work.env',
  Buffer: 'a sandbox has no Buffer: use Uint8Array, TextEncoder and TextDecoder',
  global: 'write globalThis',
  setImmediate: 'a sandbox has no setImmediate: use setTimeout or queueMicrotask',
};

/** How the name is shown: with the property that is read of it, where that tells more. */
export function shownName({ kind, name, member }: OuterName): string {
  if (kind === 'import') return `import of '${name}'`;
  const isTold = kind === 'this' || IMPORTS.test(name);
  return isTold && member !== undefined ? `${name}.${member}` : name;
}

export function adviceOn({ kind, name, member }: OuterName): string {
  switch (kind) {
    case 'import':
      return `A sandbox has no modules to import; ${PACKAGE}.`;
    case 'import.meta':
      return 'A work function has no address in a sandbox; add files to job.fs, and read them by jobfs.readFile.';
    case 'this':
      return `A work function is sent without its \`this\`; ${PASS}.`;
    case 'arguments':
      return 'An arrow function has no `arguments` of its own; name the parameters, (x, ...rest) => ….';
    case 'assigned':
      return 'It is not declared in the work function; declare it there with let. A variable of the program cannot be set from a slice: return the value.';
    case 'variable':
      return adviceOnVariable(name, member);
  }
}

function adviceOnVariable(name: string, member: string | undefined): string {
  if (UNAVAILABLE_GLOBALS.has(name)) return sentence(PLATFORM_ADVICE[name] ?? `this sandbox has no ${name}`);
  if (COVERAGE.test(name))
    return 'It counts coverage, or marks a mutant: exclude this file from the tool that inserted it.';
  if (HELPERS.test(name))
    return "It is a helper of a compiler; set its target to ES2022 or later, so that it needs none (TypeScript: 'target': 'ES2022').";
  if (member !== undefined && IMPORTS.test(name)) {
    const what = member === 'default' ? `\`${name}\`` : `\`${member}\``;
    return `${what} seems to be imported by the file of the work function, and is not sent with it; ${PACKAGE}; else ${PASS}.`;
  }
  return `A work function is sent as its source and sees only its parameters and the sandbox's globals; ${PASS.replace('{ name }', `{ ${name} }`)}; ${PACKAGE}.`;
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
