// A Python work function that reads a file. The file is sent once, in the job's file system; each slice is a word.
import { fileURLToPath } from 'node:url';
import { computeFor } from 'manyhands';

const job = computeFor(
  ['lamp', 'sea', 'goat'],
  `
import re
import manyhands

with open('book.txt', encoding='utf-8') as book:
    WORDS = re.findall(r'[a-z]+', book.read().lower())

def count(word):
    manyhands.progress(0.5)
    print('looking for', word)
    return {'word': word, 'times': WORDS.count(word), 'of': len(WORDS)}
`,
);
job.worktime = 'pyodide';
await job.fs.add(fileURLToPath(new URL('data/lighthouse.txt', import.meta.url)), 'book.txt');

job.on('console', ({ message }) => console.log('python says:', message));

for (const { word, times, of } of await job.exec()) console.log(`${word}: ${times} of ${of} words`);
