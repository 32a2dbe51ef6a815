/** `manyhands init`: makes a project from a template. @module */
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { ManyhandsError, printable } from '../../entry/texts.node.js';
import { examples } from '../console/help.js';
import { ownVersion, packageFile } from '../options/own-package.js';

/** What the user calls next in the new project, by its template: a folder in `templates/`. */
const NEXT_COMMANDS = {
  ts: ['npm install', 'npm start'],
  python: ['npm install', 'npm start'],
  page: [
    'npm install',
    'npm run scheduler    # leave it running',
    'npm run worker       # leave it running',
    'npm start            # the page, at http://localhost:5173',
  ],
};
type Template = keyof typeof NEXT_COMMANDS;
const TEMPLATES = Object.keys(NEXT_COMMANDS);

export function initCommand(): Command {
  return new Command('init')
    .description('Make a project from a template: a first job that runs.')
    .argument('[dir]', 'the folder, which is made if there is none', '.')
    .addOption(
      new Option(
        '-t, --template <name>',
        'TypeScript, Python with a program for Node, or a web page with Vite',
      )
        .choices(TEMPLATES)
        .default('ts'),
    )
    .addHelpText(
      'after',
      examples(
        ['manyhands init my-jobs', 'a project in TypeScript'],
        ['manyhands init my-jobs --template python', 'a work function in Python'],
        ['manyhands init my-page --template page', 'a page that deploys jobs'],
      ),
    )
    .action(init);
}

async function init(dir: string, { template }: { template: Template }): Promise<void> {
  const from = fileURLToPath(packageFile(`templates/${template}/`));
  const to = resolve(dir);
  const files = await filesIn(from);
  const present = files.filter((file) => existsSync(join(to, file)));
  if (present.length > 0) {
    const text = `The folder ${printable(to)} has ${present.join(', ')} already, and nothing is overwritten; name another folder.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'dir' });
  }
  await cp(from, to, { recursive: true, force: false, errorOnExist: true });
  await writeManifest(join(to, 'package.json'), basename(to));
  const folder = relative('.', to);
  console.log(`Made ${files.join(', ')} in ${printable(to)}. Next:\n`);
  for (const command of [...(folder === '' ? [] : [`cd ${printable(folder)}`]), ...NEXT_COMMANDS[template]])
    console.log(`  ${command}`);
}

/** Paths of the files in a folder and its subfolders. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

interface Manifest {
  name: string;
  dependencies: Record<string, string>;
}

/** Gives the project the name of its folder as far as npm allows it, and this version of the package. */
async function writeManifest(path: string, folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (name !== '' && name !== 'manyhands') manifest.name = name;
  manifest.dependencies.manyhands = `^${ownVersion()}`;
  await writeFile(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
