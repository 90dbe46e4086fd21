import type { DayUsage } from '../../lib/connectors/contract.ts';
import type { BusEvent } from '../../lib/connectors/contract-deliveries.ts';
import type { ToErase } from '../../lib/connectors/contract-erasure.ts';
import type { AnyConnector } from '../../lib/connectors/define.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';

/** A simulated vendor on a loopback port. Stateful, behaves as documented, ends with `close`. */
export interface Simulator {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * What the conformance suite needs to know of one vendor to run every check on its connector over real HTTP.
 * Each connector has one: test/vendors/<id>/scenario.ts.
 */
export interface Scenario<Vendor extends Simulator = Simulator> {
  readonly connector: AnyConnector;
  readonly config: Json;
  readonly secret: Json;
  /** Starts a fresh simulator whose clock is `now`. */
  start(now: () => Date): Promise<Vendor>;
  /** Texts that must never appear in logs or errors: the scenario's addresses and secrets. */
  readonly secrets: readonly string[];
  /** What the vendor's answers say that everybody has used of the day by now. Absent = they say nothing of it. */
  usage?(vendor: Vendor): DayUsage;
  /** The body of the tool's 403 for a permission that is missing, where the status alone means something else. */
  readonly forbidden?: Json;
  readonly streams: Readonly<Record<string, StreamScenario<Vendor>>>;
  readonly webhook?: WebhookScenario;
  readonly events?: EventScenario;
  readonly audience?: AudienceScenario<Vendor>;
  readonly field?: FieldScenario<Vendor>;
  readonly imports?: ImportScenario;
  readonly erasure?: ErasureScenario<Vendor>;
}

export interface ErasureScenario<Vendor> {
  /** Two people whom the vendor knows by records of these ids, and somebody whom it never knew. */
  seed(vendor: Vendor): { readonly ann: ToErase; readonly bob: ToErase; readonly stranger: ToErase };
  /** Whether anybody who uses the tool still sees the person's record. */
  knows(vendor: Vendor, person: ToErase): boolean;
  /** Makes the next deletion answer a rate limit or a server error. */
  fault(vendor: Vendor, kind: 'rate-limit' | 'server-error'): void;
}

export interface ImportScenario {
  /** Records as they are archived, all usable, and what each must be part of, in their order. */
  readonly records: readonly Json[];
  readonly expected: readonly string[];
  /** Records that no change can be made of; some hold addresses. */
  readonly unusable: readonly Json[];
}

export interface StreamScenario<Vendor> {
  readonly pageSize: number;
  /** Fills the vendor with records of this stream: many share one instant across a page edge, one is unreadable. */
  seed(vendor: Vendor): void;
  /** Every fragment or activity id that must arrive, exactly. */
  expected(vendor: Vendor): readonly string[];
  /** How many records must be quarantined. */
  readonly rejected: number;
  /**
   * Ids that may come again though they came before the checkpoint: the lookback that the connector's README
   * documents. Absent = nothing is ever repeated.
   */
  overlap?(vendor: Vendor): readonly string[];
  /** Changes one record, so that the next read from the final checkpoint must bring it (and may repeat a documented overlap). */
  touch(vendor: Vendor): readonly string[];
  /** Fields without which records get other ids, or unreadable ones can be read, and why. */
  readonly drifts?: Readonly<Record<string, string>>;
  /** A record of the tool and what reading it again brings. Needed where a stream that can do so makes activities only. */
  reread?(vendor: Vendor): { readonly id: string; readonly brings: readonly string[] };
}

export interface WebhookScenario {
  readonly signed: {
    readonly method: string;
    readonly path: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  /** The same request with the proof broken, and with it left out. */
  readonly tampered: WebhookScenario['signed'];
  readonly unsigned: WebhookScenario['signed'];
  /** The same with a good proof of long ago, for a tool that signs its time. Absent = it does not. */
  readonly stale?: WebhookScenario['signed'];
  /** A request with a good proof whose body cannot be read. */
  readonly unreadable?: WebhookScenario['signed'];
  /** One that can be read and means nothing, for a tool whose deliveries are the data. Absent = they only hint. */
  readonly meaningless?: WebhookScenario['signed'];
}

export interface EventScenario {
  /** Events that can be used, one at least of each form that the vendor has; some hold addresses. */
  readonly usable: readonly BusEvent[];
  /** Events that nothing can be made of; some hold addresses. */
  readonly unusable: readonly BusEvent[];
}

export interface AudienceScenario<Vendor> {
  readonly target: Json;
  /** People the vendor knows and may add, in a form that matches. */
  seed(vendor: Vendor): {
    readonly known: readonly Identifier[];
    readonly stranger: Identifier;
    readonly refused: readonly { readonly key: Identifier; readonly code: string }[];
  };
  /** The list as the vendor has it: values of the match key, sorted. */
  remote(vendor: Vendor): readonly string[];
  /** That many more people whom the vendor does not know, to fill a batch. Absent = made from an e-mail `stranger`. */
  strangers?(count: number): readonly Identifier[];
  /** Makes the next write's answer leave this member out, as if the vendor had never been asked. */
  silence?(vendor: Vendor, key: Identifier): void;
  /** What people do to the list in the tool itself. Needed where the connector reads the real list or hears its own echoes. */
  readonly byHand?: {
    add(vendor: Vendor, key: Identifier): void;
    remove(vendor: Vendor, key: Identifier): void;
    /** Takes the list, or the field, out of the tool. Absent = there is nothing that could be taken away. */
    deleteList?(vendor: Vendor): void;
    /** Makes somebody unreachable who is not on the list; returns how the tool calls them then. */
    leave(vendor: Vendor, key: Identifier): string;
  };
  /** Makes the next write answer a rate limit or a server error. */
  fault(vendor: Vendor, kind: 'rate-limit' | 'server-error'): void;
  /** How long the tool takes until its list shows what was written, in milliseconds. Absent = it shows it at once. */
  readonly lagMs?: number;
  /** No stream reads what is written here, so nothing of it can come back. */
  readonly unheard?: true;
}

/** A field of people's records in the place of a list: who holds the target's value is on it. */
export interface FieldScenario<Vendor> extends AudienceScenario<Vendor> {
  /** The same field with another value. */
  readonly other: Json;
  /** What the field of a person's record holds; undefined when it is empty. */
  held(vendor: Vendor, key: Identifier): Json | undefined;
  /** Somebody sets the field of a person's record to another value in the tool. */
  overwrite(vendor: Vendor, key: Identifier, value: Json): void;
  /** A value that is neither the target's nor the other's. */
  readonly theirs: Json;
  /** Targets that the tool cannot keep, and what their refusal must name. Empty where the tool takes any. */
  readonly impossible: readonly { readonly target: Json; readonly names: string }[];
}
