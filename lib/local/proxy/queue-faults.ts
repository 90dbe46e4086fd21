import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { EngineAnswer } from '../engines/exchange.ts';
import { listAt } from '../engines/template.ts';
import { failureAnswer, jsonAnswer, readJson } from './answers.ts';
import type { Fate } from './faults.ts';

/** Carries a call of SQS to the queues. */
export type HandleCall = (operation: string, body: JsonObject) => Promise<EngineAnswer>;

const latestSeconds = 600;
const refused = { Code: 'InternalError', Message: 'We encountered an internal error. Please try again.' };

/** A function's call of SQS, with what befalls it: refused, taken in part, delivered late or twice. */
export async function disturbedCall(
  operation: string,
  body: JsonObject,
  fate: Fate,
  handle: HandleCall,
): Promise<EngineAnswer> {
  if (fate.happens('queueError')) {
    return failureAnswer('sqs', { status: 500, code: refused.Code, message: refused.Message });
  }
  if (operation === 'SendMessage') {
    const answer = await handle(operation, lateAt(body, fate));
    if (answer.status < 300 && fate.happens('sentTwice')) await handle(operation, lateAt(body, fate));
    return answer;
  }
  return operation === 'SendMessageBatch' ? await sendBatch(body, fate, handle) : await handle(operation, body);
}

async function sendBatch(body: JsonObject, fate: Fate, handle: HandleCall): Promise<EngineAnswer> {
  const entries = listAt(body, 'Entries');
  const taken = fate.happens('partialSend') ? entries.slice(0, Math.floor(entries.length / 2)) : entries;
  const failed = entries.slice(taken.length).map((entry) => ({ Id: idOf(entry), SenderFault: false, ...refused }));
  const send = (some: readonly Json[]) =>
    handle('SendMessageBatch', { ...body, Entries: some.map((entry) => lateAt(entry, fate)) });
  const answer = taken.length === 0 ? jsonAnswer({ Successful: [], Failed: [] }) : await send(taken);
  if (answer.status >= 300) return answer;
  const twice = taken.filter(() => fate.happens('sentTwice'));
  if (twice.length > 0) await send(twice);
  if (failed.length === 0) return answer;
  const said = readJson(answer);
  return jsonAnswer({ ...said, Failed: [...listAt(said, 'Failed'), ...failed] });
}

/** The message as it was, or with a longer delay than it asks for. */
function lateAt(entry: Json, fate: Fate): JsonObject {
  const message = isJsonObject(entry) ? entry : {};
  if (!fate.happens('sentLate')) return message;
  const seconds = Number(message.DelaySeconds ?? 0) + Math.ceil(fate.chance() * latestSeconds);
  return { ...message, DelaySeconds: Math.min(900, seconds) };
}

function idOf(entry: Json): Json {
  return isJsonObject(entry) ? (entry.Id ?? '') : '';
}
