/** What made-up people and companies are made of. */

export const firstNames = [
  'Anna',
  'Ben',
  'Clara',
  'David',
  'Elif',
  'Felix',
  'Greta',
  'Hannes',
  'Ines',
  'Jonas',
  'Katharina',
  'Lars',
  'Mia',
  'Noah',
  'Olga',
  'Paul',
  'Quirin',
  'Rosa',
  'Sören',
  'Tilda',
  'Ulla',
  'Viktor',
  'Wanda',
  'Xaver',
  'Yasmin',
  'Zoë',
  'Amélie',
  'Bruno',
  'Chiara',
  'Daan',
  'Eva',
  'François',
  'Giulia',
  'Henrik',
  'Isabel',
  'Jürgen',
  'Karol',
  'Léa',
  'Magda',
  'Nils',
] as const;

export const lastNames = [
  'Meyer',
  'Schulz',
  'Köhler',
  'Weiß',
  'Bauer',
  'Huber',
  'Gruber',
  'Keller',
  'Frei',
  'Baumann',
  'de Vries',
  'Jansen',
  'Bakker',
  'Martin',
  'Dubois',
  'Lefèvre',
  'Smith',
  'Taylor',
  'O’Brien',
  'Clarke',
  'Kowalski',
  'Nowak',
  'Wójcik',
  'Rossi',
  'Ferrari',
  'Lindqvist',
  'Berg',
  'Hansen',
  'Vogel',
  'Brandt',
  'Sommer',
  'Winter',
  'Lorenz',
  'Krüger',
  'Albrecht',
  'Yılmaz',
  'Demir',
  'Novák',
  'Horváth',
  'Pereira',
] as const;

export const titles = {
  'Head of Procurement': 8,
  'Procurement Manager': 12,
  'Senior Buyer': 9,
  Buyer: 8,
  'Chief Financial Officer': 5,
  'Managing Director': 6,
  'Operations Manager': 12,
  'Marketing Manager': 13,
  'Head of Marketing': 6,
  'IT Manager': 9,
  'Quality Engineer': 7,
  Assistant: 5,
} as const;

export const industries = {
  Manufacturing: 40,
  Retail: 20,
  Technology: 15,
  Construction: 10,
  Healthcare: 8,
  Education: 7,
} as const;

/** ISO 3166-1 alpha-2 → how often, and its cities. */
export const countries = {
  DE: { weight: 45, cities: ['Berlin', 'Hamburg', 'München', 'Köln', 'Leipzig'] },
  AT: { weight: 10, cities: ['Wien', 'Graz', 'Linz'] },
  CH: { weight: 10, cities: ['Zürich', 'Bern', 'Basel'] },
  NL: { weight: 9, cities: ['Utrecht', 'Rotterdam'] },
  FR: { weight: 9, cities: ['Lyon', 'Nantes'] },
  GB: { weight: 9, cities: ['Leeds', 'Bristol'] },
  US: { weight: 8, cities: ['Portland', 'Austin'] },
} as const;

export type Country = keyof typeof countries;

export const companyNames = [
  'Nord',
  'Alpen',
  'Rhein',
  'Hanse',
  'Isar',
  'Polder',
  'Loire',
  'Severn',
  'Delta',
  'Hafen',
] as const;
export const companyTrades = [
  'Pumpen',
  'Metall',
  'Druck',
  'Textil',
  'Optik',
  'Logistik',
  'Werkzeug',
  'Papier',
  'Sensorik',
  'Möbel',
] as const;
export const companyForms = ['GmbH', 'AG', 'B.V.', 'Ltd'] as const;

export const domains = ['example.com', 'example.org', 'example.net'] as const;

/**
 * Ranges that no subscriber has: the German regulator keeps them for films and books, the British one for drama.
 * Each is a prefix and how many digits follow it.
 */
export const fictionalPhones = {
  DE: [
    ['+49 30 23125', 3],
    ['+49 40 66969', 3],
    ['+49 69 90009', 3],
    ['+49 89 99998', 3],
  ],
  GB: [['+44 20 7946 0', 3]],
} as const;

/** An address part that every mail host takes: no accents, no spaces. */
export function asciiOf(name: string): string {
  const spelled = name.replace(/ß/g, 'ss').replace(/ı/g, 'i').replace(/ł/g, 'l').replace(/ø/g, 'o');
  return spelled
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}
