/**
 * The Python job: word statistics of the chapters of a book, which is in the job's file system.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { computeFor } from '../../entry/deployer.node.js';
import { ManyhandsError } from '../../entry/texts.node.js';
import { terminalWidth } from '../console/terminal.js';
import type { ProgressDisplay } from './progress-display.js';
import { runShown } from './run-shown.js';
import { wordsTable, type ChapterWords } from './words-table.js';

const BOOK = fileURLToPath(new URL('../../../examples/data/lighthouse.txt', import.meta.url));
const CHAPTER = /^CHAPTER /m;

const PYTHON = `
import re
from collections import Counter

import manyhands

with open('/home/pyodide/book.txt', encoding='utf-8') as book:
    CHAPTERS = re.split(r'^CHAPTER ', book.read(), flags=re.MULTILINE)[1:]


def count_words(chapter):
    text = CHAPTERS[chapter]
    title, _, body = text.partition('\\n')
    counts = Counter(re.findall(r"[a-z]+(?:'[a-z]+)?", body.lower()))
    manyhands.progress(1.0)
    return {
        'title': title.strip(),
        'words': sum(counts.values()),
        'distinct': len(counts),
        'longest': max(sorted(counts), key=len),
    }
`;

export interface Words {
  slices: number;
  words: number;
}

/** Counts the words of every chapter and checks the sum against a count in this process. */
export async function runWordsJob(display: ProgressDisplay, signal: AbortSignal): Promise<Words> {
  const book = await readFile(BOOK, 'utf8');
  const chapters = book.split(CHAPTER).slice(1);
  const job = computeFor<ChapterWords>(
    chapters.map((_, i) => i),
    PYTHON,
  );
  job.worktime = 'pyodide';
  job.public = { name: 'Words of a book', description: 'Word statistics by chapter, in Python', link: null };
  await job.fs.add(BOOK, 'book.txt');
  const title = 'Words (Python)';
  const counted = await runShown({ title, job, slices: chapters.length, display, signal });
  for (const line of wordsTable(counted, terminalWidth())) console.log(line);
  const words = counted.reduce((sum, chapter) => sum + chapter.words, 0);
  const plain = chapters.reduce((sum, chapter) => sum + plainCount(chapter), 0);
  if (words !== plain)
    throw new ManyhandsError('INTERNAL', `the job counted ${words} words, a plain count ${plain}`);
  return { slices: chapters.length, words };
}

/** The number of words below a chapter's heading. */
function plainCount(chapter: string): number {
  const body = chapter.slice(chapter.indexOf('\n'));
  return (body.toLowerCase().match(/[a-z]+(?:'[a-z]+)?/g) ?? []).length;
}
