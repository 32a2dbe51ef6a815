// What a site can do with the element: hear of it, and stop it. Starting is the visitor's own.
const worker = document.querySelector('manyhands-worker');
const heard = document.getElementById('heard');

function tell(text) {
  const item = document.createElement('li');
  item.textContent = text;
  heard.append(item);
}

let slices = 0;
worker.addEventListener('start', () => tell('start: thank you!'));
worker.addEventListener('result', ({ detail }) => {
  slices += detail.count;
  tell(`${slices} slices`);
});
worker.addEventListener('payment', ({ detail }) => tell(`${detail.amount} units earned`));
worker.addEventListener('error', ({ detail }) => tell(`error: ${detail.error.message}`));
worker.addEventListener('stop', () => tell('stop'));
document.getElementById('stop').addEventListener('click', () => worker.stop());
