import type { WrittenMapping } from '../written-mapping.ts';

/** What columns are mostly called, in letters and digits alone, in the order in which one is preferred. */
const IDS = [
  'id',
  'contactid',
  'personid',
  'customerid',
  'leadid',
  'memberid',
  'recordid',
  'kundennummer',
  'externalid',
];
const TIMES = [
  ['updatedat', 'lastmodified', 'lastmodifieddate', 'modifiedat', 'lastchanged', 'changedat', 'timestamp'],
  ['createdat', 'createddate', 'created', 'date', 'registeredat', 'datum'],
].flat();
const IDENTIFIERS: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'emailaddress', 'mail', 'mailadresse', 'workemail', 'businessemail'],
  // Never what is only called "phone": it is often a switchboard, and would make one person of all who share it.
  phone: [
    'mobile',
    'mobilephone',
    'mobilenumber',
    'mobilephonenumber',
    'mobileno',
    'cell',
    'cellphone',
    'cellnumber',
    'mobil',
    'mobiltelefon',
    'mobilnummer',
    'handy',
    'handynummer',
  ],
  user_id: ['userid', 'useruid'],
};
const TRAITS: Readonly<Record<string, readonly string[]>> = {
  name: ['name', 'fullname'],
  first_name: ['firstname', 'givenname', 'vorname', 'forename'],
  last_name: ['lastname', 'surname', 'familyname', 'nachname'],
  work_phone: [
    'phone',
    'phonenumber',
    'workphone',
    'businessphone',
    'officephone',
    'telephone',
    'telefon',
    'telefonnummer',
  ],
  title: ['title', 'jobtitle', 'position', 'role'],
  department: ['department', 'abteilung'],
  language: ['language', 'locale', 'sprache'],
  birthday: ['birthday', 'birthdate', 'dateofbirth', 'geburtsdatum'],
  gender: ['gender', 'geschlecht'],
  'address.street': ['street', 'streetaddress', 'strasse'],
  'address.city': ['city', 'town', 'ort', 'stadt'],
  'address.postal_code': ['zip', 'zipcode', 'postalcode', 'postcode', 'plz'],
  'address.region': ['state', 'region', 'province', 'bundesland'],
  'address.country': ['country', 'countrycode', 'land'],
  'company.name': [
    'company',
    'companyname',
    'organization',
    'organisation',
    'employer',
    'firma',
    'account',
    'accountname',
  ],
  'company.industry': ['industry', 'branche'],
  'company.employees': ['employees', 'numberofemployees', 'companysize', 'mitarbeiter'],
  'company.website': ['companywebsite', 'companyurl'],
  lifecycle_stage: ['lifecyclestage', 'stage'],
  plan: ['plan'],
  lead_source: ['leadsource', 'source', 'utmsource'],
  score: ['score', 'leadscore'],
};
const NUMBERS = new Set(['company.employees', 'score']);

/** A mapping by what columns are usually called, to begin with; undefined when none tells who a row is about. */
export function suggestMapping(columns: readonly string[]): WrittenMapping | undefined {
  const byName = new Map<string, string>();
  for (const column of columns) {
    const plain = plainName(column);
    if (!byName.has(plain)) byName.set(plain, column);
  }
  const find = (names: readonly string[]): string | undefined =>
    names.map((name) => byName.get(name)).find((column) => column !== undefined);
  const id = find(IDS);
  const time = find(TIMES);
  const identifiers = findAll(IDENTIFIERS, find);
  if (id === undefined && Object.keys(identifiers).length === 0) return undefined;
  const traits = Object.entries(findAll(TRAITS, find)).map(([trait, from]) => [
    trait,
    NUMBERS.has(trait) ? { from, as: 'number' as const } : from,
  ]);
  return {
    object: 'contact',
    ...(id === undefined ? {} : { id }),
    ...(time === undefined ? {} : { at: time }),
    ...(Object.keys(identifiers).length === 0 ? {} : { identifiers }),
    ...(traits.length === 0 ? {} : { traits: Object.fromEntries(traits) }),
  };
}

function findAll(
  wanted: Readonly<Record<string, readonly string[]>>,
  find: (names: readonly string[]) => string | undefined,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, names] of Object.entries(wanted)) {
    const column = find(names);
    if (column !== undefined) found[name] = column;
  }
  return found;
}

function plainName(column: string): string {
  return column
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^a-z0-9]/g, '');
}
