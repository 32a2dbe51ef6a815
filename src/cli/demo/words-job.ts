/**
 * The Python job: word statistics of a book by chapter; the book travels in the job's file system.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { computeFor, ManyhandsError } from '../../entry/deployer.node.js';
import { showProgress } from './progress-bar.js';

const BOOK = fileURLToPath(new URL('../../../examples/data/lighthouse.txt', import.meta.url));
const CHAPTER = /^CHAPTER /m;

/** What one chapter comes to. */
interface ChapterWords {
  title: string;
  words: number;
  distinct: number;
  longest: string;
}

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

/** Counts the words of every chapter, and checks the sum against a plain count here. */
export async function runWordsJob(): Promise<{ slices: number; words: number }> {
  const book = await readFile(BOOK, 'utf8');
  const chapters = book.split(CHAPTER).slice(1);
  const job = computeFor<ChapterWords>(
    chapters.map((_, i) => i),
    PYTHON,
  );
  job.worktime = 'pyodide';
  job.public = { name: 'Words of a book', description: 'Word statistics by chapter, in Python', link: null };
  await job.fs.add(BOOK, 'book.txt');
  const finish = showProgress('Words (Python)         ', job, chapters.length);
  let counted: ChapterWords[];
  try {
    counted = await job.exec();
  } finally {
    finish();
  }
  for (const { title, words, distinct, longest } of counted) {
    console.log(
      `  ${title.padEnd(34)} ${String(words).padStart(5)} words, ${distinct} different, longest "${longest}"`,
    );
  }
  const words = counted.reduce((sum, chapter) => sum + chapter.words, 0);
  const plain = chapters.reduce((sum, chapter) => sum + plainCount(chapter), 0);
  if (words !== plain)
    throw new ManyhandsError('INTERNAL', `the job counted ${words} words, a plain count ${plain}`);
  return { slices: chapters.length, words };
}

/** The words under a chapter's heading. */
function plainCount(chapter: string): number {
  const body = chapter.slice(chapter.indexOf('\n'));
  return (body.toLowerCase().match(/[a-z]+(?:'[a-z]+)?/g) ?? []).length;
}
