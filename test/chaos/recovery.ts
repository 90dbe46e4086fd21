import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { type RedrivePart, redrivenQueues } from '../../lib/pipeline/redrive/redrive-queue.ts';
import type { Look } from './found.ts';
import type { Storm } from './storm.ts';

const MINUTE = 60_000;
/** Longer than any message of these queues is hidden. */
const SPELL = 13 * MINUTE;
/** Spells in which what faults left is done. */
const CALM_SPELLS = 40;

/** What brings a stage to rest after faults; what does not come to rest is told to `odd`. */
export function openRecovery({ storm, look }: { readonly storm: Storm; readonly look: Look }, odd: string[]) {
  const { stage } = storm;
  const recovered = { redriven: 0, poisons: 0 };

  async function retrySenders(): Promise<void> {
    await storm.news.settleWebhooks();
    await storm.news.retryWebhooks();
    await storm.voices.sender.retryDue();
  }

  async function isQuiet(): Promise<boolean> {
    const depths = Object.entries(await stage.queueDepths()).filter(([id]) => !/DeadLetters|Missed/.test(id));
    const left = depths.reduce((sum, [, { ready, hidden, delayed }]) => sum + ready + hidden + delayed, 0);
    return left === 0 && (await look.isRead());
  }

  /** Lets stage time pass until nothing is on its way. False when something still is. */
  async function settle(spells: number): Promise<boolean> {
    for (let spell = 0; spell < spells; spell += 1) {
      await retrySenders();
      await stage.idle();
      if (await isQuiet()) return true;
      await stage.runUntil(storm.now() + SPELL);
    }
    return false;
  }

  /** Until nothing is left to do: what waits is waited for, what lies among the dead letters is sent back. */
  async function recover(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      if (!(await settle(CALM_SPELLS))) odd.push('messages are still on their way');
      const dead = Object.entries(await stage.queueDepths()).filter(
        ([id, { ready, hidden }]) => id.endsWith('DeadLettersQueue') && ready + hidden > 0,
      );
      if (dead.length === 0) return;
      for (const [id] of dead) await redrive(id);
    }
    odd.push('dead letters stay dead letters');
  }

  async function redrive(id: string): Promise<void> {
    const queue = redrivenQueues.find((name) => id.toLowerCase() === `${name}deadlettersqueue`);
    const started = (await storm.call('POST', '/api/redrive', { queue: queue ?? '' })) as unknown as Job;
    await stage.idle();
    let job = started;
    for (let look = 0; job.state === 'running' && look < 10; look += 1) {
      if (look > 0) await stage.runUntil(storm.now() + MINUTE);
      job = (await storm.call('GET', `/api/jobs/${encodeURIComponent(started.id)}`)) as unknown as Job;
    }
    const [part] = job.parts as unknown as readonly RedrivePart[];
    recovered.redriven += part?.moved ?? 0;
    if (part === undefined || part.unreadable === 0) return;
    // What nobody can read is a person's: looked at, known by name, deleted.
    for (const { text, remove } of await storm.deadLetters(id.replace('DeadLetters', ''))) {
      if (!text.includes('"poison"')) continue;
      recovered.poisons += 1;
      await remove();
    }
  }

  async function pullAll(): Promise<void> {
    for (const connection of new Set(look.streams.map((one) => one.connection))) {
      await storm.call('POST', '/api/pull', { connection });
    }
  }

  return { settle, recover, pullAll, recovered };
}
