/** The baseline for JavaScript: a function in a bare loop, in one Web Worker. */
onmessage = ({ data: { source, args, from, to } }) => {
  const work = (0, eval)(`(${source})`);
  onmessage = () => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += work(i, ...args);
    postMessage(sum);
  };
  postMessage('ready');
};
