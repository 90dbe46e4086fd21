import { Worker } from 'node:worker_threads';

/** One thread that does pieces of work one after the other. */
export interface Lane<In, Out> {
  run(piece: In): Promise<Out>;
  close(): void;
}

/** How many pieces a lane has before it: one in hand, one waiting, so that it never stands idle. */
const AHEAD = 2;

/** A lane on a thread of its own, which answers each message with one. What is sent is given away. */
export function openLane<Out>(file: URL, workerData: unknown): Lane<Uint8Array, Out> {
  const worker = new Worker(file, { workerData });
  const waiting: { readonly resolve: (out: Out) => void; readonly reject: (reason: unknown) => void }[] = [];
  worker.on('message', (out: Out) => waiting.shift()?.resolve(out));
  worker.on('error', (reason) => {
    for (const { reject } of waiting.splice(0)) reject(reason);
  });
  return {
    run(piece) {
      const answer = new Promise<Out>((resolve, reject) => waiting.push({ resolve, reject }));
      worker.postMessage(piece, [piece.buffer as ArrayBuffer]);
      return answer;
    },
    close: () => void worker.terminate(),
  };
}

/**
 * Does pieces on several lanes and gives the answers in the order of the pieces. A single piece is done by `here`: a
 * small file is answered before a thread has started. Holds a few pieces for each lane and no more.
 */
export async function* mapInOrder<In, Out>(
  pieces: AsyncIterable<In>,
  here: (piece: In) => Out,
  open: () => Lane<In, Out>,
  count: number,
): AsyncGenerator<Out> {
  const lanes: Lane<In, Out>[] = [];
  const running: Promise<Out>[] = [];
  let first: In | undefined;
  let number = 0;
  const send = (piece: In): void => {
    if (lanes.length < count) lanes.push(open());
    const run = (lanes[number % count] as Lane<In, Out>).run(piece);
    run.catch(() => {}); // Whoever takes it hears of it; it may fail before its turn.
    running.push(run);
    number += 1;
  };
  try {
    for await (const piece of pieces) {
      if (first === undefined && number === 0) {
        first = piece;
        continue;
      }
      if (first !== undefined) send(first);
      first = undefined;
      send(piece);
      while (running.length > count * AHEAD) yield await (running.shift() as Promise<Out>);
    }
    if (first !== undefined) yield here(first);
    for (const run of running) yield await run;
  } finally {
    for (const lane of lanes) lane.close();
  }
}
