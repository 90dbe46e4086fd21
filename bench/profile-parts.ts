/** Parts of a function, by the beginnings of the paths of their modules; the first that fits counts. */
const parts: readonly (readonly [part: string, paths: RegExp])[] = [
  [
    'SDK: requests to bytes and back',
    /@aws-sdk\/core\/.*(?:protocols|json|schema)|@smithy\/core\/.*(?:protocols|serde|schema|cbor|event)|@aws-sdk\/.*\/schemas/,
  ],
  ['SDK: signing', /signature|sha256|util-hex|signing|@smithy\/is-array-buffer|util-buffer|httpAuthSchemes/],
  ['SDK: all the rest', /node_modules\/(?:@aws-sdk|@smithy|@aws-crypto|@aws\/)/],
  ['vendor clients', /node_modules\/(?:jsforce|@mailchimp|superagent|@jsforce)/],
  ['other packages', /node_modules\//],
  ['segments', /lib\/domain\/(?:segment|decide|audience|holdout|guardrails|why-moved)/],
  [
    'sources',
    /lib\/(?:connectors|domain\/mapping|domain\/parse-change|pipeline\/sync|pipeline\/pack|pipeline\/source)/,
  ],
  ['stores and queues', /lib\/adapters/],
  [
    'fold and identity',
    /lib\/(?:domain|pipeline\/(?:gather|fold|key-places|decide-people|refill|regions|ports|follow|resolve-profile|work|definitions))/,
  ],
  ['push', /lib\/pipeline\//],
];

/** Which part of a program a frame belongs to, by the path of its module or Node's own; undefined = nothing was done. */
export function partOf(place: string, functionName: string): string | undefined {
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (place.startsWith('node:')) return /crypto|webcrypto/.test(place) ? 'Node: hashes' : 'Node: HTTP, streams, timers';
  const found = parts.find(([, paths]) => paths.test(place));
  if (found !== undefined) return found[0];
  return functionName === '(program)' || place === '' ? 'native code of Node and V8' : 'other';
}
