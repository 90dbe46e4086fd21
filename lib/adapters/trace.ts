type Env = Readonly<Record<string, string | undefined>>;

/** The X-Ray header of the invocation under way: Lambda sets it anew for each (AWS Lambda developer guide, runtime API). */
function traceHeader(env: Env): string | undefined {
  const header = env._X_AMZN_TRACE_ID;
  return header === undefined || header === '' ? undefined : header;
}

/** The id of the trace of the invocation under way, as X-Ray and the log lines (`xray_trace_id`) name it. */
export function openTraceId(env: Env): () => string | undefined {
  return () => /(?:^|;)Root=([^;]+)/.exec(traceHeader(env) ?? '')?.[1];
}

/**
 * What a message carries so that X-Ray links the trace of whoever receives it to that of whoever sent it. Its bytes are
 * not the message's (Amazon SQS developer guide, message system attributes).
 */
export function traceAttributes(env: Env): object {
  const header = traceHeader(env);
  if (header === undefined) return {};
  return { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } };
}
