const CHECK_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const ID = /^[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?$/;

/**
 * A record id in its 18-character form. A 15-character id gains its check characters; an 18-character id is only
 * accepted if they fit, so an id whose upper and lower case was lost on the way is undefined, not another record.
 */
export function fullId(id: unknown): string | undefined {
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const short = id.slice(0, 15);
  const full = short + checkCharacters(short);
  return id.length === 18 && id !== full ? undefined : full;
}

/** Which object a record id belongs to, of those we know; told by the first three characters. */
export function objectOf(id: string): 'Account' | 'Contact' | 'Lead' | undefined {
  return OBJECTS[id.slice(0, 3)];
}

const OBJECTS: Readonly<Record<string, 'Account' | 'Contact' | 'Lead'>> = {
  '001': 'Account',
  '003': 'Contact',
  '00Q': 'Lead',
};

function checkCharacters(short: string): string {
  let check = '';
  for (let start = 0; start < 15; start += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      if (/[A-Z]/.test(short.charAt(start + place))) bits |= 1 << place;
    }
    check += CHECK_CHARACTERS.charAt(bits);
  }
  return check;
}
