import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { objectAt } from './template.ts';

/** What the functions of a template evaluate against. */
export interface IntrinsicScope {
  readonly template: JsonObject;
  /** Values of parameters and pseudo parameters; a parameter that is not here has its default. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** What `Ref` of a resource gives. */
  readonly ref: (logicalId: string) => Json;
  /** What `Fn::GetAtt` gives. */
  readonly attribute: (logicalId: string, name: string) => Json;
}

type Evaluate = (argument: Json, scope: IntrinsicScope) => Json | undefined;

// AWS::NoValue removes the property that it is the value of.
const noValue = undefined;

const functions: Readonly<Record<string, Evaluate>> = {
  Ref: (name, scope) => reference(text(name, 'Ref'), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...path] = typeof argument === 'string' ? argument.split('.') : texts(argument, 'Fn::GetAtt');
    return scope.attribute(logicalId ?? '', path.join('.'));
  },
  'Fn::Sub': (argument, scope) => substitute(argument, scope),
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(argument, 'Fn::Join');
    return texts(evaluate(parts, scope), 'Fn::Join').join(text(separator, 'Fn::Join'));
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = list(argument, 'Fn::Split');
    return text(evaluate(source, scope), 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
  'Fn::Select': (argument, scope) => {
    const [index, choices] = list(argument, 'Fn::Select');
    return list(evaluate(choices, scope), 'Fn::Select')[Number(evaluate(index, scope))];
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = texts(evaluate(argument, scope), 'Fn::FindInMap');
    return objectAt(objectAt(objectAt(scope.template, 'Mappings'), map ?? ''), first ?? '')[second ?? ''];
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text(evaluate(argument, scope), 'Fn::Base64')).toString('base64'),
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list(argument, 'Fn::If');
    return evaluate(condition(text(name, 'Fn::If'), scope) ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list(evaluate(argument, scope), 'Fn::Equals');
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::Not': (argument, scope) => list(evaluate(argument, scope), 'Fn::Not')[0] !== true,
  'Fn::And': (argument, scope) => list(evaluate(argument, scope), 'Fn::And').every((part) => part === true),
  'Fn::Or': (argument, scope) => list(evaluate(argument, scope), 'Fn::Or').includes(true),
};

/**
 * The value with every intrinsic function evaluated; undefined for `AWS::NoValue`.
 * Throws `stage/unknown-intrinsic` and `stage/bad-template`.
 */
export function evaluate(value: Json | undefined, scope: IntrinsicScope): Json | undefined {
  if (value === undefined || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((part) => evaluate(part, scope)).filter((part) => part !== noValue);
  if (!isJsonObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0) {
    if (Object.hasOwn(functions, name)) return functions[name]?.(value[name] ?? null, scope);
    if (name === 'Condition' && typeof value[name] === 'string') return condition(value[name], scope);
    if (name.startsWith('Fn::')) {
      throw new TributaryError('config', 'stage/unknown-intrinsic', `the stage does not know the function ${name}`);
    }
  }
  const result: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value)) {
    const evaluated = evaluate(part, scope);
    if (evaluated !== noValue) result[key] = evaluated;
  }
  return result;
}

function reference(name: string, scope: IntrinsicScope): Json | undefined {
  if (name === 'AWS::NoValue') return noValue;
  if (Object.hasOwn(scope.parameters, name)) return scope.parameters[name];
  const parameter = objectAt(scope.template, 'Parameters')[name];
  if (!isJsonObject(parameter)) return scope.ref(name);
  if (parameter.Default !== undefined) return parameter.Default;
  throw badTemplate(`parameter ${name} has neither a value nor a default`);
}

function substitute(argument: Json, scope: IntrinsicScope): string {
  const [source, given] = typeof argument === 'string' ? [argument, {}] : list(argument, 'Fn::Sub');
  const names = isJsonObject(given) ? given : {};
  return text(source, 'Fn::Sub').replaceAll(/\$\{(!?)([^}]+)\}/g, (_all, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (Object.hasOwn(names, name)) return text(evaluate(names[name], scope), 'Fn::Sub');
    if (!name.includes('.')) return text(reference(name, scope), 'Fn::Sub');
    const [logicalId, ...path] = name.split('.');
    return text(scope.attribute(logicalId ?? '', path.join('.')), 'Fn::Sub');
  });
}

function condition(name: string, scope: IntrinsicScope): boolean {
  const definition = objectAt(scope.template, 'Conditions')[name];
  if (definition === undefined) throw badTemplate(`there is no condition ${name}`);
  return evaluate(definition, scope) === true;
}

function text(value: Json | undefined, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw badTemplate(`${where} found something that is not text`);
}

function texts(value: Json | undefined, where: string): readonly string[] {
  return list(value, where).map((part) => text(part, where));
}

function list(value: Json | undefined, where: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw badTemplate(`${where} expected a list`);
}

function badTemplate(message: string): TributaryError {
  return new TributaryError('defect', 'stage/bad-template', `cannot evaluate the template: ${message}`);
}
