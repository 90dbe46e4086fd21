/**
 * Calls `asked` when the process is asked to end (SIGINT, SIGTERM), in the place of ending it; a second time nothing is in
 * its way. Returns how to stop listening.
 */
function onSignals(asked: (signal: NodeJS.Signals) => void): () => void {
  const forget = (): void => {
    process.off('SIGINT', heard);
    process.off('SIGTERM', heard);
  };
  const heard = (signal: NodeJS.Signals): void => {
    forget();
    asked(signal);
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return forget;
}

/** Ends something first when the process is asked to end, then lets the signal do its work. Returns how to stop listening. */
export function endOnSignals(end: () => Promise<void>): () => void {
  return onSignals((signal) => {
    // The process ends whatever becomes of what it held.
    end()
      .catch(() => undefined)
      .finally(() => process.kill(process.pid, signal));
  });
}

/** Waits until the process is asked to end, or `until` is aborted. */
export async function untilAsked(until?: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const forget = onSignals(() => done());
    until?.addEventListener('abort', () => {
      forget();
      done();
    });
  });
}
