/**
 * The arguments of the test command.
 * @module
 */

export const USAGE = `Usage: npm test -- [--deep | --quick] [--only name[,name…]]

  --quick  the checks, and the unit tests that reach what was changed (npm run test:quick)
  --deep   also run the tests that take long (*.deep.test.ts)
  --only   run these steps alone: format, lint, build, types, architecture, tidy, unit, …
  --help   show this text`;

/**
 * @param {string[]} args what followed the command
 * @param {string[]} names the names of all steps
 * @returns {{ deep: boolean, quick: boolean, help: boolean, only?: string[], error?: string }}
 */
export function parseArguments(args, names) {
  const options = { deep: false, quick: false, help: false };
  const left = args.flatMap((arg) => (arg.startsWith('--only=') ? ['--only', arg.slice(7)] : [arg]));
  while (left.length > 0) {
    const arg = left.shift();
    if (arg === '--deep') options.deep = true;
    else if (arg === '--quick') options.quick = true;
    else if (arg === '--help' || arg === '-h') options.help = true;
    else if (arg === '--only') {
      const only = (left.shift() ?? '').split(',').filter(Boolean);
      const unknown = only.filter((name) => !names.includes(name));
      if (only.length === 0) return { ...options, error: `--only needs a step: ${names.join(', ')}` };
      if (unknown.length > 0) {
        return {
          ...options,
          error: `No step is called ${unknown.join(', ')}. There are: ${names.join(', ')}`,
        };
      }
      options.only = [...(options.only ?? []), ...only];
    } else return { ...options, error: `Unknown argument: ${arg}` };
  }
  if (options.quick && (options.deep || options.only !== undefined)) {
    return { ...options, error: '--quick goes with no other option' };
  }
  return options;
}
