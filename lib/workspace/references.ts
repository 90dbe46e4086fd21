import { basename } from 'node:path/posix';
import type { AudienceDestination, Creates, FieldDestination } from '../connectors/contract.ts';
import { type AnyConnector, type Connectors, destinationFor } from '../connectors/define.ts';
import { canonicalText } from '../domain/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import { connectionsOf, connectorOf, unknownName } from './connections.ts';
import { checkValue, knownKeys } from './issues.ts';
import type { Finding } from './problem.ts';
import { readSchedule } from './schedule.ts';
import type { Source } from './source.ts';

/** The readable files of a workspace, by what they hold. */
export interface Sources {
  readonly tributary: Source | undefined;
  readonly segments: readonly Source[];
  readonly personas: readonly Source[];
  readonly audiences: readonly Source[];
}

/** The text at a key of a map, or undefined. */
export function textAt(value: Json | undefined, key: string): string | undefined {
  const text = isJsonObject(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** The name that a file must declare: `segments/lapsing-customers.yaml` → `lapsing-customers`. */
export function idOf(source: Source): string {
  return basename(source.file, '.yaml');
}

/** A file declares its own name; another's name is a duplicate, anything else a wrong file name. */
export function checkName(source: Source, kind: string, siblings: readonly Source[]): Finding[] {
  const declared = textAt(source.value, kind);
  if (declared === undefined || declared === idOf(source)) return [];
  const taken = siblings.find(
    (other) => other !== source && (idOf(other) === declared || isEarlier(other, source, kind)),
  );
  const expected = `${describeFound(idOf(source))}, the name of the file`;
  if (taken === undefined) {
    return [{ path: [kind], code: 'workspace/file-name', found: describeFound(declared), expected }];
  }
  const found = `${kind} ${describeFound(declared)}, which is in ${taken.file}`;
  return [{ path: [kind], code: 'workspace/duplicate-id', found, expected }];
}

/** Connections that identity rules name must exist. */
export function checkIdentity(tributary: Json | undefined): Finding[] {
  const identity = isJsonObject(tributary) ? tributary.identity : undefined;
  if (!isJsonObject(identity)) return [];
  const known = [...connectionsOf(tributary).keys(), ...(hasWriteKeys(tributary) ? ['web'] : [])];
  const findings: Finding[] = [];
  if (isJsonObject(identity.countries)) {
    for (const name of Object.keys(identity.countries)) {
      if (!known.includes(name))
        findings.push(unknownName('connection', ['identity', 'countries', name], name, known, true));
    }
  }
  for (const [trait, names] of Object.entries(isJsonObject(identity.priorities) ? identity.priorities : {})) {
    for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
      if (typeof name !== 'string' || known.includes(name)) continue;
      findings.push(unknownName('connection', ['identity', 'priorities', trait, index], name, known));
    }
  }
  return findings;
}

/** What websites and apps send comes from `web`, as if that were a connection. */
function hasWriteKeys(tributary: Json | undefined): boolean {
  const collection = isJsonObject(tributary) ? tributary.collection : undefined;
  const keys = isJsonObject(collection) ? collection.write_keys : undefined;
  return isJsonObject(keys) && Object.keys(keys).length > 0;
}

/** A schedule that names a time zone names the workspace's. */
export function checkZone(words: Json | undefined, path: Path, timezone: string | undefined): Finding[] {
  const zone = typeof words === 'string' ? readSchedule(words)?.zone : undefined;
  if (zone === undefined || timezone === undefined || zone === timezone) return [];
  const expected = `${timezone}, the time zone of the workspace, or none`;
  return [{ path, code: 'workspace/bad-schedule', found: `time zone ${zone}`, expected }];
}

/** What segments refer to outside their conditions must exist. */
export function checkSegmentReferences(segment: Json | undefined, personas: readonly string[]): Finding[] {
  const persona = textAt(segment, 'persona');
  return persona === undefined || personas.includes(persona)
    ? []
    : [unknownName('persona', ['persona'], persona, personas)];
}

/** What an audience refers to must exist, and its destination must be able to do what it asks. */
export function checkAudience(
  audience: Json | undefined,
  tributary: Json | undefined,
  segments: readonly string[],
  connectors: Connectors,
): Finding[] {
  if (!isJsonObject(audience)) return [];
  const timezone = textAt(tributary, 'timezone');
  const findings: Finding[] = [
    ...checkZone(audience.when, ['when'], timezone),
    ...checkZone(textAt(audience.verify, 'when'), ['verify', 'when'], timezone),
  ];
  const segment = textAt(audience, 'segment');
  if (segment !== undefined && !segments.includes(segment)) {
    findings.push(unknownName('segment', ['segment'], segment, segments));
  }
  const connections = connectionsOf(tributary);
  const name = textAt(audience.to, 'connection');
  if (name === undefined || tributary === undefined) return findings;
  if (!connections.has(name)) {
    return [...findings, unknownName('connection', ['to', 'connection'], name, [...connections.keys()])];
  }
  const connector = connectorOf(connections.get(name), connectors);
  if (connector === undefined) return findings;
  const { manifest } = connector;
  const to = targetOf(audience.to);
  const destination = meantBy(to, connector);
  if (destination === undefined) {
    const found = `connection ${describeFound(name)}, whose connector ${manifest.id} takes no audiences`;
    return [
      ...findings,
      { path: ['to', 'connection'], code: 'workspace/no-destination', found, expected: 'a destination' },
    ];
  }
  const target = checkValue(destination.target, to, ['to']);
  if (!target.ok) findings.push(...target.findings);
  if (!destination.canRemove && (audience.mode ?? 'mirror') === 'mirror') {
    const found = audience.mode === undefined ? 'mirror, the default' : '"mirror"';
    const expected = `add-only: connector ${manifest.id} cannot remove anyone`;
    findings.push({ path: ['mode'], code: 'workspace/cannot-remove', found, expected });
  }
  findings.push(...checkFields(audience.fields, destination.creates, manifest.id));
  const { moreKeys = () => [] }: Partial<FieldDestination<unknown>> = destination;
  const more = target.ok ? moreKeys(target.data) : [];
  const keys = [...destination.matchKeys.map((key) => key.type), ...more];
  for (const [index, type] of (Array.isArray(audience.match) ? audience.match : []).entries()) {
    if (typeof type === 'string' && !keys.includes(type)) {
      findings.push(unknownName('match key', ['match', index], type, keys));
    }
  }
  return findings;
}

/** Whether a list or a field is meant, by the keys that are written: also where one is missing or misspelt. */
function meantBy(
  to: Json,
  { audiences, fieldValues }: Pick<AnyConnector, 'audiences' | 'fieldValues'>,
): AudienceDestination<unknown> | undefined {
  const known = (destination: AudienceDestination<unknown> | undefined): number =>
    Object.keys(to as JsonObject).filter((key) => knownKeys(destination?.target)?.includes(key) === true).length;
  return fieldValues !== undefined && known(fieldValues) > known(audiences) ? fieldValues : (audiences ?? fieldValues);
}

/** Fields are for what an addition makes: a tool that makes nothing has none, and some of its fields are not ours to set. */
function checkFields(fields: Json | undefined, creates: Creates | undefined, connector: string): Finding[] {
  if (!isJsonObject(fields)) return [];
  if (creates === undefined) {
    const found = `fields, and an addition makes no record in ${connector}`;
    return [{ path: ['fields'], code: 'workspace/creates-nothing', found, expected: 'no fields' }];
  }
  return Object.keys(fields).flatMap((field) => {
    const expected = creates.refuses(field);
    const found = `${describeFound(field)} of a new ${creates.record}`;
    return expected === undefined
      ? []
      : [{ path: ['fields', field], atKey: true, code: 'workspace/unknown-field', found, expected }];
  });
}

/** Two audiences that own one list would undo each other: the later file is the problem. */
export function checkTargets(
  audiences: readonly Source[],
  tributary: Json | undefined,
  connectors: Connectors,
): { source: Source; finding: Finding }[] {
  const connections = connectionsOf(tributary);
  const owners = new Map<string, Source>();
  const found: { source: Source; finding: Finding }[] = [];
  for (const source of audiences) {
    const to = isJsonObject(source.value) ? source.value.to : undefined;
    if (!isJsonObject(to)) continue;
    const connection = textAt(to, 'connection') ?? '';
    const key = `${connection}\n${listOf(connectorOf(connections.get(connection), connectors), targetOf(to))}`;
    const owner = owners.get(key);
    if (owner === undefined) {
      owners.set(key, source);
      continue;
    }
    const words = `the list that ${owner.file} fills`;
    const expected = 'a list of its own for each audience';
    found.push({ source, finding: { path: ['to'], code: 'workspace/duplicate-target', found: words, expected } });
  }
  return found;
}

/** The list that a target means; of one that its connector does not take, what is written. */
function listOf(connector: AnyConnector | undefined, to: Json): string {
  const destination = destinationFor(connector, to);
  const checked = destination === undefined ? undefined : checkValue(destination.target, to);
  if (checked?.ok !== true) return canonicalText(to);
  return destination?.listOf?.(checked.data) ?? canonicalText(checked.data);
}

/** In a group the priorities differ, and audiences of one experiment hold out the same share. */
export function checkGroups(
  audiences: readonly Source[],
  segments: readonly Source[],
): { source: Source; finding: Finding }[] {
  const priorities = new Map<string, Source>();
  const holdouts = new Map<string, { readonly source: Source; readonly share: Json }>();
  const found: { source: Source; finding: Finding }[] = [];
  for (const source of audiences) {
    if (!isJsonObject(source.value)) continue;
    const { group, experiment } = source.value;
    const holdout = source.value.holdout ?? objectiveHoldout(source.value.segment, segments) ?? '0%';
    if (isJsonObject(group)) {
      const key = `${String(group.name)}\n${String(group.priority)}`;
      const other = priorities.get(key);
      if (other === undefined) priorities.set(key, source);
      else {
        const words = `the priority that ${other.file} has in the group`;
        const finding = {
          path: ['group', 'priority'],
          code: 'workspace/same-priority',
          found: words,
          expected: 'a priority of its own',
        };
        found.push({ source, finding });
      }
    }
    if (typeof experiment !== 'string') continue;
    const first = holdouts.get(experiment);
    if (first === undefined) holdouts.set(experiment, { source, share: holdout });
    else if (first.share !== holdout) {
      const expected = `${describeFound(first.share)}, as ${first.source.file} holds out for this experiment`;
      found.push({
        source,
        finding: { path: ['holdout'], code: 'workspace/unequal-holdout', found: describeFound(holdout), expected },
      });
    }
  }
  return found;
}

/** What the objective of an audience's segment holds out, as written. */
function objectiveHoldout(named: Json | undefined, segments: readonly Source[]): Json | undefined {
  const segment = segments.find((one) => idOf(one) === named)?.value;
  const objective = isJsonObject(segment) ? segment.objective : undefined;
  return isJsonObject(objective) ? objective.holdout : undefined;
}

/** What `to:` holds besides the connection. */
export function targetOf(to: Json | undefined): Json {
  if (!isJsonObject(to)) return {};
  return Object.fromEntries(Object.entries(to).filter(([key]) => key !== 'connection'));
}

function isEarlier(other: Source, source: Source, kind: string): boolean {
  return other.file < source.file && textAt(other.value, kind) === textAt(source.value, kind);
}
