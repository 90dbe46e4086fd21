// What a function's process runs: it loads the bundle and answers one invocation at a time over the channel to its
// parent, as the Lambda runtime does. The bundle sees a shifted clock and nothing else that tells it where it is.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const toParent = process.send.bind(process);
process.send = undefined;
// A stage that died must leave nothing behind.
process.on('disconnect', () => process.exit(0));

let offset = 0;
shiftClock();

let handler;
process.on('message', async (message) => {
  offset = message.offset;
  if (message.kind === 'load') await load();
  if (message.kind === 'invoke') await invoke(message);
  if (message.kind === 'exhaust') exhaust();
});

// Until V8 ends the process, which it does at the limit that the function's memory sets.
function exhaust() {
  const held = [];
  for (;;) held.push(new Array(1_000_000).fill(held.length + 0.5));
}

async function load() {
  try {
    const [file, name] = process.env._HANDLER.split('.');
    const bundle = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
    if (typeof bundle[name] !== 'function') {
      throw Object.assign(new Error(`${file}.mjs exports no function ${name}`), { name: 'Runtime.HandlerNotFound' });
    }
    handler = bundle[name];
    toParent({ kind: 'loaded' });
  } catch (thrown) {
    toParent({ kind: 'load-failed', error: described(thrown) }, () => process.exit(1));
  }
}

async function invoke({ id, event, arn, traceId, remainingMs }) {
  const deadline = performance.now() + remainingMs;
  process.env._X_AMZN_TRACE_ID = traceId;
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: arn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
  };
  try {
    const answer = await handler(event, context);
    toParent({ kind: 'answer', id, payload: JSON.stringify(answer) ?? 'null' });
  } catch (thrown) {
    toParent({ kind: 'error', id, error: described(thrown) });
  }
}

function described(thrown) {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: String(thrown.stack).split('\n') };
}

function shiftClock() {
  const MachineDate = Date;
  const now = () => MachineDate.now() + offset;
  function StageDate(...parts) {
    if (new.target === undefined) return new MachineDate(now()).toString();
    return Reflect.construct(MachineDate, parts.length === 0 ? [now()] : parts, new.target);
  }
  StageDate.prototype = MachineDate.prototype;
  StageDate.prototype.constructor = StageDate;
  Object.defineProperty(StageDate, 'name', { value: 'Date' });
  Object.defineProperty(StageDate, 'length', { value: MachineDate.length });
  StageDate.now = now;
  StageDate.UTC = MachineDate.UTC;
  StageDate.parse = MachineDate.parse;
  globalThis.Date = StageDate;
}
