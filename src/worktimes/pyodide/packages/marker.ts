/**
 * Environment markers of PEP 508: `python_version < "3.11" and sys_platform != "emscripten"`. They are parsed to a function
 * of the environment, the one that the packages will run in.
 * @module
 */
import { compare, satisfies, valid } from '@renovatebot/pep440';

/** The variables of a marker by name; `extra` is the one extra that is asked about, or empty. */
export type MarkerEnvironment = Readonly<Record<string, string>>;

export type Marker = (environment: MarkerEnvironment) => boolean;

/** What a marker may name. */
export const MARKER_VARIABLES: readonly string[] = [
  'python_version',
  'python_full_version',
  'os_name',
  'sys_platform',
  'platform_release',
  'platform_system',
  'platform_version',
  'platform_machine',
  'platform_python_implementation',
  'implementation_name',
  'implementation_version',
  'extra',
];

/** Older spellings, which packages still use. */
const ALIASES: Readonly<Record<string, string>> = {
  'os.name': 'os_name',
  'sys.platform': 'sys_platform',
  'platform.version': 'platform_version',
  'platform.machine': 'platform_machine',
  'platform.python_implementation': 'platform_python_implementation',
  python_implementation: 'platform_python_implementation',
};

/** Nested parentheses of one marker: it comes from a package of anybody. */
const DEPTH_MAX = 32;
const TOKEN = /\s*(?:(\(|\))|(<=|>=|==|!=|~=|===|<|>)|"([^"]*)"|'([^']*)'|([A-Za-z_][\w.]*))/y;

interface Token {
  kind: 'parenthesis' | 'operator' | 'text' | 'word';
  value: string;
}

/** @throws Error with a sentence on what is wrong */
export function parseMarker(text: string): Marker {
  const tokens = tokenize(text);
  const parser = new Parser(tokens, text);
  return parser.whole();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (match === null) throw malformed(text);
    const [, parenthesis, operator, double, single, word] = match;
    if (parenthesis !== undefined) tokens.push({ kind: 'parenthesis', value: parenthesis });
    else if (operator !== undefined) tokens.push({ kind: 'operator', value: operator });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else tokens.push({ kind: 'text', value: double ?? single ?? '' });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  whole(): Marker {
    const marker = this.#or();
    if (this.#at < this.#tokens.length) throw malformed(this.#text);
    return marker;
  }

  #or(): Marker {
    const parts = [this.#and()];
    while (this.#takes('word', 'or')) parts.push(this.#and());
    return (environment) => parts.some((part) => part(environment));
  }

  #and(): Marker {
    const parts = [this.#atom()];
    while (this.#takes('word', 'and')) parts.push(this.#atom());
    return (environment) => parts.every((part) => part(environment));
  }

  #atom(): Marker {
    if (!this.#takes('parenthesis', '(')) return this.#comparison();
    if (++this.#depth > DEPTH_MAX) throw malformed(this.#text);
    const inner = this.#or();
    if (!this.#takes('parenthesis', ')')) throw malformed(this.#text);
    this.#depth -= 1;
    return inner;
  }

  #comparison(): Marker {
    const left = this.#operand();
    const operator = this.#operator();
    const right = this.#operand();
    return (environment) => compareValues(left(environment), operator, right(environment));
  }

  #operand(): (environment: MarkerEnvironment) => string {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'text') return () => token.value;
    const name = token === undefined ? '' : (ALIASES[token.value] ?? token.value);
    if (token?.kind !== 'word' || !MARKER_VARIABLES.includes(name)) throw malformed(this.#text);
    return (environment) => environment[name] ?? '';
  }

  #operator(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'operator' || token?.value === 'in') return token.value;
    if (token?.value === 'not' && this.#takes('word', 'in')) return 'not in';
    throw malformed(this.#text);
  }

  #takes(kind: Token['kind'], value: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind || token.value !== value) return false;
    this.#at += 1;
    return true;
  }
}

/** As versions where both are versions, else as texts, as PEP 508 has it. */
function compareValues(left: string, operator: string, right: string): boolean {
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  if (operator === '===') return left === right;
  const isVersions = valid(left) !== null && valid(right.replace(/\.\*$/, '')) !== null;
  if (isVersions && operator !== '<' && operator !== '>')
    return satisfies(left, `${operator}${right}`, { prereleases: true });
  const order = isVersions ? compare(left, right) : left < right ? -1 : left > right ? 1 : 0;
  switch (operator) {
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '!=':
      return order !== 0;
    default:
      return order === 0;
  }
}

function malformed(text: string): Error {
  return new Error(`its marker ${JSON.stringify(text.slice(0, 200))} is malformed`);
}
