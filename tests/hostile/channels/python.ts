/**
 * Ways out of Python: through JavaScript, which Pyodide opens to it, and by what the standard library offers.
 * @module
 */
import { channels } from './channel.js';

export const PYTHON_BY_JS = channels('pyodide', 'pyodide', [
  ['py-js-fetch', 'tcp', 'import js\nreturn (await js.fetch(t.http)).ok'],
  ['py-js-xhr', 'tcp', 'import js\nx = js.XMLHttpRequest.new()\nx.open("GET", t.http, False)\nx.send()\nreturn x.status == 200'],
  ['py-js-websocket', 'tcp', 'import js, asyncio\ns = js.WebSocket.new(t.ws)\nfor _ in range(40):\n    await asyncio.sleep(0.05)\n    if s.readyState == 1:\n        return True'],
  ['py-js-worker', 'tcp', 'import js, asyncio\nw = js.Worker.new("data:text/javascript,fetch(\'" + t.http + "\')")\nawait asyncio.sleep(0.7)\nreturn True'],
  ['py-run-js', 'tcp', 'from pyodide.code import run_js\nreturn (await run_js("(u) => fetch(u)")(t.http)).ok'],
  ['py-js-eval', 'tcp', 'import js\nreturn (await js.eval("(u) => fetch(u)")(t.http)).ok'],
  ['py-js-function', 'tcp', 'import js\nreturn (await js.Function.new("u", "return fetch(u)")(t.http)).ok'],
  ['py-js-import', 'tcp', 'from pyodide.code import run_js\nawait run_js("(u) => import(u)")(t.http + "/p.mjs")\nreturn True'],
  ['py-pyfetch', 'tcp', 'from pyodide.http import pyfetch\nreturn (await pyfetch(t.http)).ok'],
  ['py-open-url', 'tcp', 'from pyodide.http import open_url\nreturn open_url(t.http) is not None'],
  ['py-js-indexed-db', 'itself', 'import js\nreturn js.indexedDB.open("x") is not None'],
  ['py-js-navigator', 'itself', 'import js\nreturn js.navigator.storage is not None'],
  ['py-js-post-message', 'itself', 'import js\nreturn callable(js.postMessage)'],
  ['py-js-location', 'itself', 'import js\nreturn not js.location.href.startswith("https://sandbox.invalid/")'],
]); // prettier-ignore

export const PYTHON_BY_LIBRARY = channels('pyodide', 'cpython', [
  ['py-urllib', 'tcp', 'import urllib.request\nreturn urllib.request.urlopen(f"http://127.0.0.1:{t.port}/{t.id}", timeout=3).status == 200'],
  ['py-http-client', 'tcp', 'import http.client\nc = http.client.HTTPConnection("127.0.0.1", t.port, timeout=3)\nc.request("GET", "/" + t.id)\nreturn c.getresponse().status == 200'],
  ['py-socket', 'tcp', 'import socket\nreturn socket.create_connection(("127.0.0.1", t.port), timeout=3) is not None'],
  ['py-datagram', 'udp', 'import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", t.udp)) == 1'],
  ['py-asyncio', 'tcp', 'import asyncio\nreturn await asyncio.open_connection("127.0.0.1", t.port) is not None'],
  ['py-file', 'itself', 'return "secret" in open(t.file).read()'],
  ['py-processes', 'itself', 'import os\nreturn len([n for n in os.listdir("/proc") if n.isdigit()]) > 1'],
  ['py-memory-of-the-process', 'itself', 'return len(open("/proc/self/maps").read()) > 0'],
  ['py-subprocess', 'itself', 'import subprocess\nreturn subprocess.run(["/bin/echo", "hi"], capture_output=True).stdout == b"hi\\n"'],
  ['py-system', 'itself', 'import os\nreturn os.system("true") == 0 and os.path.exists("/bin/true")'],
  ['py-fork', 'itself', 'import os\npid = os.fork()\nif pid == 0:\n    os._exit(0)\nreturn pid > 0'],
  ['py-threads', 'itself', 'import threading\nx = threading.Thread(target=lambda: None)\nx.start()\nreturn True'],
  ['py-environment', 'itself', 'import os\nreturn os.environ.get("ESCAPE_SECRET") == "secret"'],
  ['py-c-library', 'itself', 'import ctypes\nreturn ctypes.CDLL("libc.so.6").getpid() > 1'],
]); // prettier-ignore
