// A worktime of one's own: a tiny Lisp. A work function is a text such as (lambda (x) (* x x)), whose parameters are
// the datum and the job's arguments. docs/worktimes.md tells what such a module must be.
export const name = 'tiny-lisp';
export const version = '0.1.0';

export async function start({ console, progress }) {
  const globals = new Map(
    Object.entries({
      '+': (...all) => all.reduce((a, b) => a + b),
      '-': (...all) => (all.length === 1 ? -all[0] : all.reduce((a, b) => a - b)),
      '*': (...all) => all.reduce((a, b) => a * b),
      '=': (a, b) => a === b,
      '<': (a, b) => a < b,
      mod: (a, b) => a % b,
      list: (...all) => all,
      print: (...all) => console.log(...all),
      progress,
    }),
  );
  return {
    async prepare(source, args) {
      const work = evaluate(parse(source), { names: globals });
      if (typeof work !== 'function') throw new LispError('the work function must be a lambda', 1);
      return (datum) => work(datum, ...args);
    },
    // The deployer gets errors of the Lisp program, not of this interpreter.
    explain: (error) => ({
      name: error.name,
      message: error.message,
      stack: `${error.name}: ${error.message}${error.line === undefined ? '' : `\n    at line ${error.line}`}`,
    }),
  };
}

class LispError extends Error {
  constructor(message, line) {
    super(message);
    this.name = 'LispError';
    this.line = line;
  }
}

/** One expression: a number, a text, a symbol with its line, or a list of them. */
function parse(source) {
  const tokens = source.split('\n').flatMap((text, row) =>
    [...text.replace(/;.*/, '').matchAll(/[()]|"[^"]*"|[^\s()]+/g)].map(([token]) => ({
      token,
      line: row + 1,
    })),
  );
  const read = () => {
    const { token, line } = tokens.shift() ?? {};
    if (token === undefined) throw new LispError('a bracket is missing', source.split('\n').length);
    if (token.startsWith('"')) return token.slice(1, -1);
    if (token !== '(') return Number.isNaN(Number(token)) ? { symbol: token, line } : Number(token);
    const list = [];
    while (tokens[0]?.token !== ')') list.push(read());
    tokens.shift();
    return list;
  };
  return read();
}

function evaluate(expression, scope) {
  if (expression?.symbol !== undefined) return lookUp(expression, scope);
  if (!Array.isArray(expression)) return expression;
  const [head, ...rest] = expression;
  const form = forms[head?.symbol];
  if (form !== undefined) return form(rest, scope);
  const [fn, ...values] = expression.map((part) => evaluate(part, scope));
  if (typeof fn !== 'function') throw new LispError(`${String(fn)} is no function`, head?.line);
  return fn(...values);
}

const forms = {
  if: ([test, then, otherwise], scope) => evaluate(evaluate(test, scope) ? then : otherwise, scope),
  lambda:
    ([parameters, body], scope) =>
    (...values) => {
      const names = new Map(parameters.map(({ symbol }, i) => [symbol, values[i]]));
      return evaluate(body, { names, above: scope });
    },
  // (let (name value) body): the value may refer to the name, so that a function can call itself.
  let: ([[{ symbol }, value], body], scope) => {
    const inner = { names: new Map(), above: scope };
    inner.names.set(symbol, evaluate(value, inner));
    return evaluate(body, inner);
  },
};

function lookUp({ symbol, line }, scope) {
  for (let at = scope; at !== undefined; at = at.above) {
    if (at.names.has(symbol)) return at.names.get(symbol);
  }
  throw new LispError(`nobody defined ${symbol}`, line);
}
