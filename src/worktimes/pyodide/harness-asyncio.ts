/**
 * The part of the Python half that lets `asyncio.run` work in a function that is not `async`: the loop of Pyodide cannot
 * wait, so that an own loop runs until its end, and counts away the time that it has to wait. It shares the names of
 * `harness.ts`.
 * @module
 */
export const HARNESS_ASYNCIO = `

class WaitingLoop(asyncio.BaseEventLoop):
    """A loop that runs by itself: there are no sockets and no other threads that could wake it up."""

    def __init__(self):
        super().__init__()
        self._selector = types.SimpleNamespace(select=self.wait)

    def wait(self, seconds):
        if seconds is None:
            raise RuntimeError('asyncio.run() waits for something that nobody will do: every task waits for another')
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
