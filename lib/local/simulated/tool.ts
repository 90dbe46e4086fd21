import type { playDay } from '../../../test/vendors/world/play-day.ts';
import type { World } from '../../../test/vendors/world.ts';
import type { Identifier } from '../../domain/change.ts';
import type { ConnectionDefinition } from '../../domain/definitions.ts';
import type { JsonObject } from '../../domain/json.ts';

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
  /** Tells the tool to send its webhooks to this URL. Absent = it sends none. */
  sendTo?(url: string): Promise<void> | void;
  /** Sends deliveries again whose time has come. */
  retryWebhooks?(): Promise<void>;
  /** The tool's own list behind an audience's `to:`, as identifiers. Absent = it keeps none. */
  listOf?(target: JsonObject): readonly Identifier[];
  close(): Promise<void>;
}
