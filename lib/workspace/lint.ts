import { type Connectors, channelOf } from '../connectors/define.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import { leavesOf } from './conditions.ts';
import { connectionsOf, connectorOf } from './connections.ts';
import { coversTrait, type Filled, filledBy, type Named, namedAt, unfilled, warn } from './filled.ts';
import { unfilledTopics, unsaidNeeds } from './lint-consent.ts';
import type { Problem } from './problem.ts';
import { idOf, type Sources, targetOf, textAt } from './references.ts';
import type { Source } from './source.ts';

/**
 * What is allowed and probably not meant: a persona without a segment, a push on a channel for which the persona has no
 * message or without a word about consent, a trait, activity or topic of consent that no source fills, a time of day that one
 * day of the year does not have. All are warnings.
 */
export function lintWorkspace(sources: Sources, connectors: Connectors): Problem[] {
  const filled = filledBy(sources.tributary?.value, connectors);
  return [
    ...unusedPersonas(sources),
    ...missingMessages(sources, connectors),
    ...unsaidNeeds(sources),
    ...(filled === undefined ? [] : [...unfilledNames(sources, filled), ...unfilledTopics(sources, filled)]),
    ...skippedTimes(sources),
  ];
}

function unusedPersonas({ segments, personas }: Sources): Problem[] {
  const used = new Set(segments.map(({ value }) => textAt(value, 'persona')));
  return personas
    .filter((source) => !used.has(idOf(source)))
    .map((source) => {
      const found = `persona ${describeFound(idOf(source))} without a segment`;
      const expected = 'a segment that reaches it';
      return warn(source, { path: ['persona'], code: 'workspace/unused-persona', found, expected });
    });
}

/** A push on a channel speaks on it: the segment's persona must say what. */
function missingMessages({ tributary, segments, personas, audiences }: Sources, connectors: Connectors): Problem[] {
  const connections = connectionsOf(tributary?.value);
  return audiences.flatMap((source) => {
    const { needs, to } = isJsonObject(source.value) ? source.value : {};
    const needed = textAt(needs, 'subscribed');
    const connector = connectorOf(connections.get(textAt(to, 'connection') ?? ''), connectors);
    const channel = channelOf(connector, targetOf(to), needed);
    const segment = segments.find((one) => idOf(one) === textAt(source.value, 'segment'));
    const persona = personas.find((one) => idOf(one) === textAt(segment?.value, 'persona'));
    if (channel === undefined || persona === undefined) return [];
    const messages = isJsonObject(persona.value) ? persona.value.messages : undefined;
    if (isJsonObject(messages) && messages[channel] !== undefined) return [];
    const found = `channel ${describeFound(channel)}, for which persona ${describeFound(idOf(persona))} has no message`;
    const expected = `messages.${channel} in ${persona.file}`;
    const path = needed === undefined ? ['to', 'connection'] : ['needs', 'subscribed'];
    return [warn(source, { path, code: 'workspace/no-message', found, expected })];
  });
}

/** Traits and activities in conditions that no connection brings. */
function unfilledNames({ tributary, segments, audiences }: Sources, filled: Filled): Problem[] {
  const inFields = audiences.flatMap((source) => {
    const fields = isJsonObject(source.value) && isJsonObject(source.value.fields) ? source.value.fields : {};
    return Object.entries(fields).flatMap(([field, from]) => {
      const name = textAt(from, 'trait');
      if (name === undefined || coversTrait(filled.traits, name)) return [];
      return [warn(source, unfilled('trait', name, ['fields', field, 'trait'], filled.traits))];
    });
  });
  const inConditions = segments.flatMap((source) => {
    return leavesOf(source).flatMap(({ leaf, path }) => [
      ...traitsOf(leaf, path)
        .filter(({ name }) => !coversTrait(filled.traits, name))
        .map(({ name, at }) => warn(source, unfilled('trait', name, at, filled.traits))),
      ...activitiesOf(leaf, path)
        .filter(({ name }) => !filled.activities.has(name))
        .map(({ name, at }) => warn(source, unfilled('activity', name, at, filled.activities))),
    ]);
  });
  return [
    ...inFields,
    ...inConditions,
    ...inComputed(tributary, filled),
    ...inLearned(tributary, filled),
    ...inMeasures(tributary, filled),
  ];
}

/** Activities that `computed:` names; those that it would take by itself need not all be there. */
function inComputed(tributary: Source | undefined, filled: Filled): Problem[] {
  const computed = isJsonObject(tributary?.value) ? tributary.value.computed : undefined;
  if (tributary === undefined || !isJsonObject(computed)) return [];
  return Object.entries(computed).flatMap(([trait, rule]) => {
    const from = isJsonObject(rule) && Array.isArray(rule.from) ? rule.from : [];
    return from
      .flatMap((signal, index) => namedAt(signal, 'did', ['computed', trait, 'from', index]))
      .filter(({ name }) => !filled.activities.has(name))
      .map(({ name, at }) => warn(tributary, unfilled('activity', name, at, filled.activities)));
  });
}

/** What `measures:` names. */
function inMeasures(tributary: Source | undefined, filled: Filled): Problem[] {
  const measures = isJsonObject(tributary?.value) ? tributary.value.measures : undefined;
  if (tributary === undefined || !isJsonObject(measures)) return [];
  const engagement = Array.isArray(measures.engagement) ? measures.engagement : [];
  const named: Named[] = [
    ...engagement.flatMap((name, at) =>
      typeof name === 'string' ? [{ name, at: ['measures', 'engagement', at] }] : [],
    ),
    ...namedAt(measures.revenue, 'did', ['measures', 'revenue']),
    ...namedAt(measures.nps, 'did', ['measures', 'nps']),
  ];
  const activities = named
    .filter(({ name }) => !filled.activities.has(name))
    .map(({ name, at }) => warn(tributary, unfilled('activity', name, at, filled.activities)));
  const traits = namedAt(measures, 'sentiment', ['measures'])
    .filter(({ name }) => !coversTrait(filled.traits, name))
    .map(({ name, at }) => warn(tributary, unfilled('trait', name, at, filled.traits)));
  return [...activities, ...traits];
}

/** Activities that `learned:` names. */
function inLearned(tributary: Source | undefined, filled: Filled): Problem[] {
  const { learned } = isJsonObject(tributary?.value) ? tributary.value : {};
  if (tributary === undefined || !isJsonObject(learned)) return [];
  const { rfm, clusters, lifetime_value: lifetime, propensity } = learned;
  const propensities = Object.entries(isJsonObject(propensity) ? propensity : {}).map(
    ([name, rule]) => [['learned', 'propensity', name], rule] as const,
  );
  const rules: readonly (readonly [Path, Json | undefined])[] = [
    [['learned', 'rfm'], rfm],
    [['learned', 'clusters'], clusters],
    [['learned', 'lifetime_value'], lifetime],
    ...propensities,
  ];
  return rules
    .flatMap(([path, rule]) => {
      const from = isJsonObject(rule) && isJsonObject(rule.from) ? rule.from : {};
      const features = Object.entries(from).flatMap(([name, one]) => namedAt(one, 'did', [...path, 'from', name]));
      return [...namedAt(rule, 'did', path), ...features];
    })
    .filter(({ name }) => !filled.activities.has(name))
    .map(({ name, at }) => warn(tributary, unfilled('activity', name, at, filled.activities)));
}

/** Times of day from two to three where clocks go from two to three in spring: the schedule does not fire that day. */
function skippedTimes({ tributary, audiences }: Sources): Problem[] {
  const timezone = textAt(tributary?.value, 'timezone');
  if (tributary === undefined || timezone === undefined || !hasSummerTime(timezone)) return [];
  const streams = [...connectionsOf(tributary.value)].flatMap(([name, { streams }]) =>
    Object.keys(isJsonObject(streams) ? streams : {}).map((stream) => ({
      source: tributary,
      path: ['connections', name, 'streams', stream],
      words: textAt(streams, stream),
    })),
  );
  const pushes = audiences.flatMap((source) => {
    const { verify } = isJsonObject(source.value) ? source.value : {};
    return [
      { source, path: ['when'], words: textAt(source.value, 'when') },
      { source, path: ['verify', 'when'], words: textAt(verify, 'when') },
    ];
  });
  const { learned } = isJsonObject(tributary.value) ? tributary.value : {};
  const training = { source: tributary, path: ['learned', 'at'], words: textAt(learned, 'at') };
  return [...streams, ...pushes, training].flatMap(({ source, path, words = '' }) => {
    const time = / at (02:\d\d)/.exec(words)?.[1];
    if (time === undefined) return [];
    const found = `${time}, which ${timezone} leaves out on the day on which summer time begins`;
    return [
      warn(source, { path, code: 'workspace/skipped-time', found, expected: 'a time before 02:00 or from 03:00 on' }),
    ];
  });
}

/** Whether the zone's offset changes with the season. Unknown zones are told of elsewhere. */
function hasSummerTime(timezone: string): boolean {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset', year: 'numeric' });
    const offsetIn = (month: number) =>
      format.formatToParts(Date.UTC(2026, month, 1)).find(({ type }) => type === 'timeZoneName')?.value;
    return offsetIn(0) !== offsetIn(6);
  } catch {
    return false; // The time zone has a problem of its own, which stands beside this one.
  }
}

function traitsOf(leaf: JsonObject, path: Path): Named[] {
  return [...namedAt(leaf, 'trait', path), ...namedAt(leaf.has_been, 'trait', [...path, 'has_been'])];
}

function activitiesOf(leaf: JsonObject, path: Path): Named[] {
  const followers = (['followed_by', 'not_followed_by'] as const).flatMap((key) =>
    namedAt(leaf[key], 'did', [...path, key]),
  );
  return [...namedAt(leaf, 'did', path), ...followers];
}
