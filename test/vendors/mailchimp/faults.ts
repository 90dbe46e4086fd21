/** Something that goes wrong once. Faults wait in a queue; each hits the first request that it is about. */
export type Fault = {
  /** Which requests it is about; default all. */
  readonly on?: 'read' | 'write';
} & (
  | {
      /** 429 as the API words it, or as the network edge does: HTML, or nothing at all. */
      readonly kind: 'too-many';
      readonly body?: 'json' | 'html' | 'empty';
      readonly retryAfterSeconds?: number;
    }
  /** The edge's HTML 403 under load, which says nothing about the key. */
  | { readonly kind: 'forbidden-page' }
  /** 500 or 504 after carrying out this share of a batch, 0 to 1 (VingtCinq/python-mailchimp#195, #207). */
  | { readonly kind: 'error'; readonly status: 500 | 504; readonly carriedOut?: number }
  /** A proxy's page with status 200, or JSON cut short. */
  | { readonly kind: 'garbage'; readonly body: 'html' | 'half-json' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The next batch tags whoever is on the list, subscribed or not: the reference does not rule it out. */
  | { readonly kind: 'tags-anyone' }
  /** The next batch leaves this address out and says nothing about it. */
  | { readonly kind: 'silence'; readonly email: string }
);

/** Takes the first fault that is about the request out of the queue. */
export function takeFault(queue: Fault[], method: string): Fault | undefined {
  const kind = method === 'GET' ? 'read' : 'write';
  const index = queue.findIndex((fault) => (fault.on ?? (isAboutBatches(fault) ? 'write' : kind)) === kind);
  return index === -1 ? undefined : queue.splice(index, 1)[0];
}

function isAboutBatches({ kind }: Fault): boolean {
  return kind === 'silence' || kind === 'tags-anyone';
}
