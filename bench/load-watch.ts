import type { LoadedStage } from './load-stage.ts';

/** What was seen at one instant. */
export interface Moment extends ReturnType<LoadedStage['use']> {
  /** In milliseconds of the machine's clock. */
  readonly at: number;
  /** Messages of the changes queue that are not settled. */
  readonly waiting: number;
}

const EVERY_MS = 1_000;

/** Looks at a stage each second until it is told to end, once at the beginning and once at the end. */
export function watch(loaded: LoadedStage): { end(): Promise<readonly Moment[]> } {
  const moments: Moment[] = [];
  let ended = false;
  const look = async (): Promise<void> => {
    const waiting = await loaded.waiting();
    moments.push({ at: performance.timeOrigin + performance.now(), waiting, ...loaded.use() });
  };
  const looking = (async () => {
    while (!ended) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await look();
  })();
  return {
    async end() {
      ended = true;
      await looking;
      return moments;
    },
  };
}
