/** Who may do what. Each may do everything that those before it may. */
export const roles = ['viewer', 'editor', 'approver'] as const;

/**
 * A viewer looks, an editor prepares, comments and decides about single duplicates, an approver lets something happen to
 * many people, to a tool, or for good.
 */
export type Role = (typeof roles)[number];

/** Whether a role suffices for what needs another one. */
export function suffices(role: Role | undefined, needs: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needs);
}
