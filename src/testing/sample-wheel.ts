/**
 * Wheels for tests: the smallest that a Python finds and imports.
 * @module
 */
import { strToU8, zipSync } from 'fflate';

export interface SampleWheel {
  readonly name: string;
  readonly version?: string;
  /** As in its file name. */
  readonly tags?: string;
  readonly requires?: readonly string[];
  readonly requiresPython?: string;
  /** Texts of its files by path; by default one module of its name whose `VERSION` is its version. */
  readonly files?: Readonly<Record<string, string>>;
}

export function sampleWheel(wheel: SampleWheel): { fileName: string; bytes: Uint8Array } {
  const { name, version = '1.0', tags = 'py3-none-any', requires = [], requiresPython, files } = wheel;
  const distribution = name.replaceAll('-', '_');
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...requires.map((one) => `Requires-Dist: ${one}`),
    '',
    'A description. Requires-Dist: nothing',
  ];
  const contents = files ?? { [`${distribution}/__init__.py`]: `VERSION = '${version}'\n` };
  const texts = { ...contents, [`${distribution}-${version}.dist-info/METADATA`]: metadata.join('\n') };
  const entries = Object.entries(texts).map(([path, text]) => [path, strToU8(text)] as const);
  return { fileName: `${distribution}-${version}-${tags}.whl`, bytes: zipSync(Object.fromEntries(entries)) };
}
