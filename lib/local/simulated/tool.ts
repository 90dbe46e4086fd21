import type { playDay } from '../../../test/vendors/world/play-day.ts';
import type { World } from '../../../test/vendors/world.ts';
import type { Identifier } from '../../domain/change.ts';
import type { ConnectionDefinition } from '../../domain/definitions.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PartnerEvent } from '../host/event-bus.ts';

/** What a made-up tool is filled with, and the clock that it follows. */
export interface Setting {
  readonly world: World;
  readonly now: () => Date;
}

/** Starts and fills the simulator of one connection; undefined where the tool it means has none. */
export type OpenTool = (connection: ConnectionDefinition, setting: Setting) => Promise<SimulatedTool | undefined>;

export interface SimulatedTool {
  readonly url: string;
  /** What signs in there. */
  readonly secret: unknown;
  /** Its part in the world's day, which plays in several tools at once. */
  readonly part?: Partial<Parameters<typeof playDay>[1]>;
  /** Something that people do in the tool during the day, of which its webhook tells. */
  happen?(): Promise<void> | void;
  /** Tells the tool to send its webhooks to this URL. Absent = it sends none. */
  sendTo?(url: string): Promise<void> | void;
  /** Tells the tool to put what changes on a bus of ours. Absent = it puts events on none. */
  relayTo?(put: (event: Omit<PartnerEvent, 'source'>) => Promise<void>): void;
  /** Sends deliveries again whose time has come. */
  retryWebhooks?(): Promise<void>;
  /** Makes the field that an audience's `to:` names, as whoever runs the tool would have. Absent = none needs to be made. */
  makeField?(target: JsonObject): void;
  /** The tool's own list behind an audience's `to:`, as identifiers. Absent = it keeps none. */
  listOf?(target: JsonObject): readonly Identifier[];
  close(): Promise<void>;
}

/** Whether what a tool's field holds is the value that an audience's `to:` names. */
export function holdsValue(held: unknown, { value }: JsonObject): boolean {
  return String(held) === String(value);
}
