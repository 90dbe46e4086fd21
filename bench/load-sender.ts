import { Agent, request } from 'node:http';
import { introductions, type Phase, type Sent, type Told, trafficOf } from './load-traffic.ts';

/** What the sender is asked to do: a phase, or to make people known. */
export interface Order {
  readonly url: string;
  readonly phase?: Phase;
  readonly people?: number;
}

/** An activity that was answered with success, and when, in milliseconds of the machine's clock. */
export interface Accepted extends Told {
  readonly at: number;
}

/** What became of a phase. `refused`: answers of 429 and 5xx, each sent again as clients do. */
export interface Outcome {
  readonly accepted: readonly Accepted[];
  readonly requests: number;
  readonly refused: number;
  /** Requests that were never taken. */
  readonly givenUp: number;
  readonly seconds: number;
  /** Milliseconds from a request to its answer, tries included. */
  readonly answers: readonly number[];
}

/** Connections at the same time, as many clients together have them. */
const SOCKETS = 64;
const TRIES = 12;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

const now = (): number => performance.timeOrigin + performance.now();

/** Websites, apps, servers and tools of the load bench, in a process of their own so that their work is not counted. */
process.on('message', (order: Order) => {
  run(order).then(
    (outcome) => process.send?.(outcome),
    (thrown: unknown) => process.send?.({ problem: String(thrown) }),
  );
});
// A bench that died must leave nothing behind.
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function run({ url, phase, people = 0 }: Order): Promise<Outcome> {
  const traffic = phase === undefined ? introductions(people) : trafficOf(phase);
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const accepted: Accepted[] = [];
  const answers: number[] = [];
  let [refused, givenUp] = [0, 0];
  const from = now();
  const sendOne = async (sent: Sent): Promise<void> => {
    const begun = now();
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const status = await post(agent, url, sent);
      if (status === 200) {
        const at = now();
        answers.push(at - begun);
        accepted.push(...sent.activities.map((told) => ({ ...told, at })));
        return;
      }
      if (status !== 429 && status < 500) throw new Error(`${sent.path} answered ${status}`);
      refused += 1;
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
    }
    givenUp += 1;
  };
  const under: Promise<void>[] = [];
  for (const sent of traffic) {
    const wait = from + sent.due - now();
    if (wait > 1) await pause(wait);
    under.push(sendOne(sent));
  }
  await Promise.all(under);
  agent.destroy();
  return { accepted, requests: traffic.length, refused, givenUp, seconds: (now() - from) / 1_000, answers };
}

/** The status of an answer; 599 when the connection broke, which clients treat as a failure of the server. */
function post(agent: Agent, url: string, { path, headers, body }: Sent): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(`${url}${path}`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 599));
    });
    asked.once('error', () => resolve(599));
    asked.end(body);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
