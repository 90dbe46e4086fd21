/** What Zod answers, of any of its schemas. */
interface Parsed {
  readonly success: boolean;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * What a schema makes of a value from outside. Zod measures the `length` of whatever has one, and throws where that is an
 * object with a `toString` of the sender's own (Zod 4.6); a step behind a schema may throw of a number that nobody thought of. Both
 * are faults of the value: it is refused like any other, and its neighbours go on.
 */
export function parseSafely<P extends Parsed>(
  schema: { safeParse(value: unknown): P },
  value: unknown,
): P | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } } {
  try {
    return schema.safeParse(value);
  } catch (thrown) {
    if (!(thrown instanceof TypeError || thrown instanceof RangeError)) throw thrown;
    // The error's own text may repeat the value.
    return { success: false, error: { issues: [{ path: [], message: `no value that can be read (${thrown.name})` }] } };
  }
}
