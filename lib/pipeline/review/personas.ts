import { type Connectors, channelOf, loadConnectorsOf, type Registry } from '../../connectors/define.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { Archive, StateStore } from '../ports.ts';
import { readLatestCount } from './latest-count.ts';

/** A message of a persona in one form, whichever it was written in. */
export interface Message {
  readonly text: string;
  readonly links: readonly { readonly title: string | null; readonly link: string }[];
}

interface PersonaDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson' | 'putJson'>;
  readonly definitions: () => Promise<Definitions>;
  readonly connectors: Registry;
}

/**
 * Every persona, the first in priority first: as written, its segments, the channels that they are pushed on with the
 * message for each, and how many people it stands for (null before the first recount).
 */
export async function readPersonas(deps: PersonaDeps) {
  const definitions = await deps.definitions();
  const connectors = await loadConnectorsOf(deps.connectors, definitions);
  const latest = await readLatestCount(deps);
  const pages = definitions.personas.map((written) => {
    const persona = String(written.persona);
    const { messages, ...described } = written;
    const segments = definitions.segments.filter((one) => one.persona === persona);
    const counted = latest === undefined ? undefined : (latest.personas[persona] ?? { people: 0, reached: 0 });
    const said = messagesOf(messages);
    const pushed = pushedTo(
      definitions,
      connectors,
      segments.map(({ segment }) => segment),
    );
    const channels = [...new Set([...pushed.keys(), ...Object.keys(said)])].sort();
    return {
      described,
      persona,
      title: typeof written.title === 'string' ? written.title : persona,
      priority: typeof written.priority === 'number' ? written.priority : null,
      segments: segments.map(({ segment, title }) => ({
        segment,
        title: title ?? segment,
        members: latest === undefined ? null : (latest.overlaps.sizes[segment] ?? 0),
      })),
      channels: channels.map((channel) => ({
        channel,
        audiences: pushed.get(channel) ?? [],
        message: said[channel] ?? null,
        covered: said[channel] !== undefined,
      })),
      missing: [...pushed.keys()].filter((channel) => said[channel] === undefined).sort(),
      people: counted?.people ?? null,
      reached: counted?.reached ?? null,
    };
  });
  return pages.sort((a, b) => (a.priority ?? 1_000) - (b.priority ?? 1_000) || (a.persona < b.persona ? -1 : 1));
}

/** Channel → audiences of these segments that speak on it. */
function pushedTo(
  { audiences, connections }: Definitions,
  connectors: Connectors,
  segments: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const pushed = new Map<string, string[]>();
  for (const { audience, segment, connection, target, needs } of audiences) {
    if (!segments.includes(segment)) continue;
    const connector = connectors[connections[connection]?.connector ?? ''];
    const channel = channelOf(connector, target, needs.subscribed);
    if (channel !== undefined) pushed.set(channel, [...(pushed.get(channel) ?? []), audience]);
  }
  return pushed;
}

function messagesOf(written: Json | undefined): Readonly<Record<string, Message>> {
  if (!isJsonObject(written)) return {};
  const read = Object.entries(written).flatMap(([channel, message]): [string, Message][] => {
    if (typeof message === 'string') return [[channel, { text: message, links: [] }]];
    if (!isJsonObject(message) || typeof message.text !== 'string') return [];
    const more = Array.isArray(message.links) ? (message.links as readonly Json[]) : [];
    return [[channel, { text: message.text, links: [{ link: message.link ?? null }, ...more].flatMap(linkOf) }]];
  });
  return Object.fromEntries(read);
}

function linkOf(written: Json): Message['links'] {
  if (!isJsonObject(written) || typeof written.link !== 'string') return [];
  return [{ title: typeof written.title === 'string' ? written.title : null, link: written.link }];
}
