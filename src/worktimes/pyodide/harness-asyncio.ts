/**
 * The part of the Python harness that makes `asyncio.run` work in a function that is not `async`. Pyodide's event loop
 * cannot block, so a separate loop runs to its end and busy-waits for timers. It shares the namespace of `harness.ts`.
 * @module
 */
export const HARNESS_ASYNCIO = `

class WaitingLoop(asyncio.BaseEventLoop):
    """An event loop that blocks the thread: no socket and no other thread can wake it up."""

    def __init__(self):
        super().__init__()
        self._selector = types.SimpleNamespace(select=self.wait)

    def wait(self, seconds):
        if seconds is None:
            raise RuntimeError('asyncio.run() would wait for ever: every task waits for another task')
        if seconds > 0:
            time.sleep(seconds)
        return ()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


def asyncio_run(main, *, debug=None, loop_factory=None):
    outer = asyncio._get_running_loop()
    if outer is not None and asyncio.current_task(outer) is not None:
        if asyncio.iscoroutine(main):
            main.close()
        raise RuntimeError('asyncio.run() cannot be called from a running event loop: await the coroutine')
    hooks = sys.get_asyncgen_hooks()
    asyncio._set_running_loop(None)
    try:
        with asyncio.Runner(debug=debug, loop_factory=loop_factory or WaitingLoop) as runner:
            return runner.run(main)
    finally:
        asyncio._set_running_loop(outer)
        sys.set_asyncgen_hooks(*hooks)
`;
