import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { majorVersion } from '../../lib/local/engines/java.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { handmadeTemplate } from './proxy-template.ts';

/** A placeholder of Fn::Sub, which in a plain string looks like a forgotten template literal. */
const sub = (name: string) => `\${${name}}`;

const options = { queueOrigin: 'http://127.0.0.1:4000' };

describe('the functions of a template', () => {
  const template: JsonObject = {
    Parameters: { Size: { Type: 'Number', Default: 3 }, Needed: { Type: 'String' } },
    Mappings: { Regions: { 'eu-central-1': { zone: 'a' } } },
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }] },
      Neither: { 'Fn::Or': [{ 'Fn::Equals': ['a', 'b'] }, { 'Fn::Not': [{ Condition: 'Here' }] }] },
    },
    ...handmadeTemplate({
      Named: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': `${sub('AWS::StackName')}-x` } } },
    }),
  };
  const { resolve, nameOf, arnOf } = openResolver(template, options);
  const cases: readonly (readonly [Json, Json | undefined])[] = [
    [{ Ref: 'People' }, 'tributary-People'],
    [{ Ref: 'Archive' }, 'tributary-archive'],
    [{ Ref: 'Named' }, 'http://127.0.0.1:4000/000000000000/tributary-x'],
    [{ Ref: 'Size' }, 3],
    [{ 'Fn::GetAtt': ['People', 'Arn'] }, 'arn:aws:dynamodb:eu-central-1:000000000000:table/tributary-People'],
    [{ 'Fn::GetAtt': 'Work.QueueName' }, 'tributary-Work'],
    [
      { 'Fn::Sub': `${sub('Work.Arn')} in ${sub('AWS::Region')} as ${sub('!Literal')}` },
      `${arnOf('Work')} in eu-central-1 as ${sub('Literal')}`,
    ],
    [
      { 'Fn::Sub': [`${sub('who')}/*`, { who: { 'Fn::GetAtt': ['Archive', 'Arn'] } }] },
      'arn:aws:s3:::tributary-archive/*',
    ],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }]] }, 'a-000000000000'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Region' }, 'zone'] }, 'a'],
    [{ 'Fn::If': ['Both', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['Neither', 'yes', 'no'] }, 'no'],
    [
      { kept: 1, gone: { Ref: 'AWS::NoValue' }, list: ['a', { Ref: 'AWS::NoValue' }] },
      { kept: 1, list: ['a'] },
    ],
    [{ Ref: 'AWS::NoValue' }, undefined],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
  ];
  it.each(cases)('%j gives %j', (given, expected) => {
    expect(resolve(given)).toEqual(expected);
  });

  it('give the same names every time', () => {
    expect(openResolver(template, options).nameOf('WriterRole')).toBe(nameOf('WriterRole'));
  });

  it.each([
    [{ Ref: 'Nobody' }, 'stage/bad-template'],
    [{ Ref: 'Needed' }, 'stage/bad-template'],
    [{ 'Fn::GetAtt': ['People', 'StreamArn'] }, 'stage/unknown-attribute'],
    [{ 'Fn::Cidr': ['10.0.0.0/16', 2] }, 'stage/unknown-intrinsic'],
    [{ 'Fn::ImportValue': 'x' }, 'stage/unknown-intrinsic'],
    [{ 'Fn::Join': ['-', 'no list'] }, 'stage/bad-template'],
  ] as const)('%j is refused', (given, code) => {
    expect(() => resolve(given)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a template that the CDK has synthesised', () => {
  it('resolves whole', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'tributary-small-'));
    onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
    const app = new App({ outdir, analyticsReporting: false });
    const stack = new Stack(app, 'Small');
    const table = new Table(stack, 'People', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const dead = new Queue(stack, 'Dead');
    const work = new Queue(stack, 'Work', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 }, enforceSSL: true });
    const template = app.synth().getStackByName('Small').template as JsonObject;
    const resolver = openResolver(template, options);
    const queueId = stack.getLogicalId(work.node.defaultChild as never);
    expect(resolver.resolve(stack.resolve(table.tableArn))).toMatch(
      /^arn:aws:dynamodb:eu-central-1:0+:table\/tributary-People/,
    );
    expect(resolver.resolve(stack.resolve(work.queueUrl))).toBe(
      `http://127.0.0.1:4000/000000000000/tributary-${queueId}`,
    );
    expect(JSON.stringify(resolver.resolve(template.Resources))).not.toMatch(/"Ref"|"Fn::/);
  });
});

describe('the version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "25" 2025-09-16 LTS', 25],
    ['something else', undefined],
  ])('is read from %j', (banner, version) => {
    expect(majorVersion(banner)).toBe(version);
  });
});
