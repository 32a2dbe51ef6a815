/** The baseline for Python: a function of a bare Pyodide, called in a loop in one Web Worker. */
import { loadPyodide } from '/pyodide/pyodide.mjs';

onmessage = async ({ data: { source, args, from, to } }) => {
  const pyodide = await loadPyodide({ indexURL: '/pyodide/' });
  const work = pyodide.runPython(`${source}\nwork`);
  onmessage = () => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += work(i, ...args);
    postMessage(sum);
  };
  postMessage('ready');
};
