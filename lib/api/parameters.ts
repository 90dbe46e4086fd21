/** What stands in paths and behind question marks, for whoever reads the OpenAPI document. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  after: 'Where the page before ended: as its answer named it, or the id of its last record',
  audience: 'Id of an audience',
  columns: 'Names with commas between them: id, since, traits, types of identifiers, consent.<topic>',
  connection: 'Name of a connection in tributary.yaml',
  counts: 'no, for runs alone: people are not counted then, and summary is null',
  duplicate: 'Id of a suggested pair, as /api/duplicates lists it',
  form: 'json or html',
  from: 'Where to begin: of members and activities, what the page before named as next; of a history and of figures, a day',
  import: 'Id of an import, as the call that began it answered',
  job: 'Id of a job, as the call that began it answered',
  limit: 'How many at most',
  model: 'What is learned: rfm, clusters, lifetime_value, propensity.<name>',
  most: 'How many at most',
  name: 'What is counted, in the word of the tool: sessions',
  part: 'Number of a part, counted from 0',
  person:
    'A profile id, an e-mail address, +phone, type=value, or a fragment. With / ? # % or \\ in it: ~ for each % of its percent-encoding, and ~ before',
  plan: 'Hash of a plan',
  q: 'Part of an id, a title or a persona',
  receipt: 'Id of a receipt, as /api/erasures lists it',
  review: 'When a review counted, as its list says it',
  run: 'Id of a push, as /api/runs lists it',
  segment: 'Id of a segment',
  segments: 'Ids of segments with commas between them; absent: the largest',
  since: 'The version to compare with; the one published before it if not said',
  sort: 'name, or size for the largest first',
  state: 'In which state: of pairs suggested, accepted, rejected or parted; of runs running, finished, failed, held, …',
  to: 'The last day',
  version: 'A version of the definitions',
  what: 'Of what kind: sync, import, push or verify',
};

/** Parameters of text with these names, as OpenAPI describes them. Those in a path are always there. */
export function describeParameters(names: readonly string[], where: 'path' | 'query'): readonly object[] {
  return names.map((name) => ({
    name,
    in: where,
    required: where === 'path',
    description: DESCRIPTIONS[name] ?? '',
    schema: { type: 'string' },
  }));
}
