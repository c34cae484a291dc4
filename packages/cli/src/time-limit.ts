/** A signal that aborts with a TimeoutError after so many milliseconds. Unlike that of `AbortSignal.timeout` it is held by its timer: Node 20
 *  forgets one that only `AbortSignal.any` knows when it collects garbage. It keeps no process running. */
export function timeLimit(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException(`Nothing within ${ms} ms`, 'TimeoutError')), ms).unref();
  return controller.signal;
}
