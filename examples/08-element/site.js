// What a site can do with the element: listen to its events, and stop it. Only the visitor can start it.
const worker = document.querySelector('manyhands-worker');
const heard = document.getElementById('heard');

function tell(text) {
  const item = document.createElement('li');
  item.textContent = text;
  heard.append(item);
}

worker.addEventListener('start', () => tell('start: thank you!'));

let slices = 0;
const sum = document.createElement('li');
worker.addEventListener('result', ({ detail }) => {
  slices += detail.count;
  sum.textContent = `result: ${slices === 1 ? '1 slice' : `${slices} slices`} so far`;
  heard.append(sum);
});

worker.addEventListener('payment', ({ detail }) => tell(`${detail.amount} units earned`));
worker.addEventListener('error', ({ detail }) => tell(`error: ${detail.error.message}`));
worker.addEventListener('stop', () => tell('stop'));
document.getElementById('stop').addEventListener('click', () => worker.stop());
