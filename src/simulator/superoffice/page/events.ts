/**
 * Server-sent events of the page: one `changed` at the beginning and one for every change of what the
 * page shows, whoever made it. Says only that, so that the page is rendered in one place.
 */

export interface EventSourceParts {
  /** What is watched, as text. */
  readonly render: () => Promise<string>;
  /** Calls back when a change is likely; returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly closing: AbortSignal;
}

/** How long a change that nobody announces may stay unseen. */
const LOOK_AGAIN_MS = 400;

/** A stream that ends when the browser goes away or the simulator closes. */
export function eventStream({ render, subscribe, closing }: EventSourceParts): Response {
  const gone = new AbortController();
  const ended = AbortSignal.any([gone.signal, closing]);
  let last: string | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (!ended.aborted) {
        const now = await render();
        if (now !== last) {
          last = now;
          return controller.enqueue(new TextEncoder().encode("event: changed\ndata:\n\n"));
        }
        await sleep(ended, subscribe);
      }
      if (!gone.signal.aborted) controller.close();
    },
    cancel: () => gone.abort(),
  }, { highWaterMark: 0 });
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
  return new Response(body, { headers });
}

function sleep(ended: AbortSignal, subscribe: EventSourceParts["subscribe"]): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      unsubscribe();
      ended.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, LOOK_AGAIN_MS);
    const unsubscribe = subscribe(wake);
    ended.addEventListener("abort", wake);
  });
}
