import serialise from 'canonicalize';

// The package's types describe an ES default export, its code is CommonJS: what arrives is the function itself.
const canonicalise = serialise as unknown as (value: unknown) => string | undefined;

/** A value as canonical JSON text (RFC 8785): equal values give equal bytes. Undefined members are left out. */
export function canonicalText(value: unknown): string {
  return canonicalise(value) ?? '';
}
