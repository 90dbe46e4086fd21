/** What may be done with a segment, the heaviest first. */
export const proposals = ['retire', 'merge', 'fix', 'split', 'keep'] as const;
export type Proposal = (typeof proposals)[number];

/** Why something is proposed. `code` is in the table of docs/segments.md. */
export interface Reason {
  readonly code: ReasonCode;
  readonly proposal: Proposal;
  readonly says: string;
}

export type ReasonCode =
  | 'empty'
  | 'missed-without-lift'
  | 'harm'
  | 'same-people'
  | 'emptied'
  | 'idle-leaf'
  | 'thin-trait'
  | 'wrong-members'
  | 'misses-people'
  | 'drift'
  | 'missed'
  | 'behind'
  | 'over-budget'
  | 'unhappy'
  | 'two-groups'
  | 'everybody'
  | 'reached'
  | 'on-pace'
  | 'lift'
  | 'nothing-to-say';
