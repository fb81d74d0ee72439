import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { matches } from "../local/filter.js";
import { checkFunctions, mappingsOf } from "./functions.ts";
import { checkPolicies } from "./policies.ts";
import { checkReferences } from "./references.ts";
import { checkSchema } from "./schema.ts";
import { packageTemplate, type Template } from "./template.ts";

let template: Template;
beforeAll(async () => {
  template = await packageTemplate();
}, 180_000); // packaging takes seconds of CPU time, on machines that are shared

const check = (checked: Template): string[] =>
  [checkSchema, checkReferences, checkPolicies, checkFunctions].flatMap((each) => each(checked));

/** One change that makes the template faulty, and the fault that must be found. */
interface Mutation {
  readonly name: string;
  /** The path to an object or a list element in Resources, and what to put there; undefined removes it. */
  readonly at: readonly (string | number)[];
  readonly put?: unknown;
  readonly says: string;
}

const table: readonly Mutation[] = [
  { name: "an unknown type", at: ["Table", "Type"], put: "AWS::DynamoDB::Tabel", says: "Table: unknown type" },
  { name: "an unknown property", at: ["Table", "Properties", "Biling"], put: "x", says: "Table: unknown property Biling" },
  { name: "an unknown inner property", at: ["Page", "Properties", "DistributionConfig", "Origin"], put: [], says: "unknown property Origin" },
  { name: "a missing property", at: ["Table", "Properties", "KeySchema"], says: "Table: KeySchema is missing" },
  { name: "a text for a number", at: ["PushLambdaFunction", "Properties", "Timeout"], put: "long", says: "Timeout: not of type integer" },
  { name: "a number for a list", at: ["PushLambdaFunction", "Properties", "Architectures"], put: 64, says: "Architectures: not a list" },
  { name: "a Ref to nothing", at: ["PageBucketPolicy", "Properties", "Bucket"], put: { Ref: "Bucket" }, says: "refers to Bucket, which is not there" },
  { name: "an attribute that is none", at: ["PushLambdaFunction", "Properties", "Role"], put: { "Fn::GetAtt": ["PushRole", "Name"] }, says: "AWS::IAM::Role has no attribute Name" },
  { name: "a Sub of nothing", at: ["Page", "Properties", "DistributionConfig", "Comment"], put: { "Fn::Sub": "${Nobody.Arn}" }, says: "refers to Nobody" },
  { name: "an API that needs its own function", at: ["HttpApi", "Properties", "Description"], put: { Ref: "HttpLambdaFunction" }, says: "circle: " },
  { name: "a dependence on nothing", at: ["Table", "DependsOn"], put: ["Nothing"], says: "depends on Nothing" },

  { name: "every action of a service", at: ["HttpRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Action"], put: "dynamodb:*", says: "HttpRole: allows dynamodb:*" },
  { name: "every resource", at: ["HttpRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Resource"], put: "*", says: 'HttpRole: allows something on "*"' },
  {
    name: "connections of every API", at: ["SocketRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 3, "Resource"],
    put: [{ "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:*/@connections/*" }], says: "SocketRole: allows something on",
  },
  { name: "somebody else's policy", at: ["HttpRole", "Properties", "ManagedPolicyArns"], put: ["arn:aws:iam::aws:policy/AdministratorAccess"], says: "HttpRole: takes policies" },
  { name: "a shared role", at: ["PushLambdaFunction", "Properties", "Role"], put: { "Fn::GetAtt": ["SocketRole", "Arn"] }, says: "shares its role with" },
  { name: "no denial of the signing key in the table", at: ["PushRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 3], says: "PushLambdaFunction: is not denied the signing key in the table" },
  {
    name: "the signing key denied in the stream alone", at: ["PushRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 3, "Resource"],
    put: { "Fn::GetAtt": ["Table", "StreamArn"] }, says: "PushLambdaFunction: is not denied the signing key in the table",
  },
  {
    name: "no signing key for the function that makes tokens", at: ["HttpRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 4],
    put: { Effect: "Deny", Action: "dynamodb:*", Resource: { "Fn::GetAtt": ["Table", "Arn"] }, Condition: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["S#*"] } } },
    says: "HttpLambdaFunction: is denied the signing key in the table",
  },

  { name: "all of the table for the authorizer", at: ["AuthorizerRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Condition"], says: "AuthorizerRole: reaches more than the signing key" },
  { name: "an action too many", at: ["PushRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 2, "Action", 4], put: "dynamodb:PutItem", says: "PushLambdaFunction: may dynamodb:PutItem, and never does" },
  { name: "an action too few", at: ["SocketRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Action", 5], says: "SocketLambdaFunction: may not dynamodb:DeleteItem, and does" },
  { name: "a role without items", at: ["OperatorRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1], says: "OperatorLambdaFunction: may not dynamodb:PutItem, and does" },
  {
    name: "connections closed by the function that only pushes", at: ["PushRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 5],
    put: { Effect: "Allow", Action: "execute-api:ManageConnections", Resource: { "Fn::Sub": "arn:x:${WebsocketsApi}/prod/DELETE/@connections/*" } },
    says: "PushLambdaFunction: may execute-api:ManageConnections DELETE, and never does",
  },
  {
    name: "no connections to push to", at: ["PushRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 4],
    says: "PushLambdaFunction: may not execute-api:ManageConnections POST, and does",
  },
  { name: "all of the table for the operator's link", at: ["OperatorRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Condition"], says: "OperatorRole: reaches more than tickets" },
  { name: "users for the function that empties rooms", at: ["EraseRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 2, "Condition"], says: "EraseRole: reaches more than rooms" },

  { name: "another runtime", at: ["PushLambdaFunction", "Properties", "Runtime"], put: "provided.al2", says: "runs on provided.al2" },
  { name: "another architecture", at: ["PushLambdaFunction", "Properties", "Architectures"], put: ["x86_64"], says: "not built for arm64" },
  { name: "another program", at: ["PushLambdaFunction", "Properties", "Code", "S3Key"], put: "a/push.zip", says: "not of the one zip" },
  { name: "logs for ever", at: ["PushLogGroup", "Properties", "RetentionInDays"], says: "its logs are kept for ever" },
  { name: "a line for each invocation", at: ["SocketLambdaFunction", "Properties", "LoggingConfig", "SystemLogLevel"], put: "INFO", says: 'SocketLambdaFunction: SystemLogLevel is "INFO"' },
  { name: "logs as text", at: ["PushLambdaFunction", "Properties", "LoggingConfig"], says: "PushLambdaFunction: LogFormat is undefined" },
  { name: "an identity source", at: ["AuthorizerWebsocketsAuthorizer", "Properties", "IdentitySource"], put: ["route.request.header.Auth"], says: "asks for an identity source" },
  { name: "no word on the identity source", at: ["AuthorizerWebsocketsAuthorizer", "Properties", "IdentitySource"], says: "asks for an identity source" },
  { name: "an open $connect", at: ["SconnectWebsocketsRoute", "Properties", "AuthorizationType"], put: "NONE", says: "$connect: has no authorizer" },
  { name: "a $default that answers nobody", at: ["SdefaultWebsocketsRoute", "Properties", "RouteResponseSelectionExpression"], says: "$default: selects no response" },
  { name: "callers from anywhere", at: ["SocketLambdaPermissionWebsockets", "Properties", "SourceArn"], says: "lets in callers from any account" },
  { name: "no throttling", at: ["HttpApiStage", "Properties", "DefaultRouteSettings"], says: "HttpApiStage: is not throttled" },
  { name: "the classic API unasked", at: ["HttpLambdaFunction", "Properties", "Environment", "Variables", "MARU_CLASSIC"], put: "true", says: "HttpLambdaFunction: answers the classic API unasked" },
  { name: "another filter", at: ["PushEventSourceMappingDynamodbTable", "Properties", "FilterCriteria"], says: "PushLambdaFunction: FilterCriteria is undefined" },
  { name: "batches of one shard side by side", at: ["PushEventSourceMappingDynamodbTable", "Properties", "ParallelizationFactor"], put: 10, says: "ParallelizationFactor is 10" },
  { name: "another end to the words of a room", at: ["EraseEventSourceMappingDynamodbTable", "Properties", "MaximumRetryAttempts"], put: 2, says: "EraseLambdaFunction: MaximumRetryAttempts is 2" },
  { name: "nobody to empty rooms", at: ["EraseEventSourceMappingDynamodbTable"], says: "EraseLambdaFunction: FilterCriteria is undefined" },
  {
    name: "a third reader of the stream", at: ["EraseEventSourceMappingDynamodbTable", "Properties", "FunctionName"],
    put: { "Fn::GetAtt": ["SocketLambdaFunction", "Arn"] }, says: "SocketLambdaFunction: reads the table's stream too",
  },
  { name: "an end after sixteen slices", at: ["EraseLambdaFunction", "Properties", "RecursiveLoop"], says: "may bring about their own events: none" },
  { name: "a loop that nobody means", at: ["PushLambdaFunction", "Properties", "RecursiveLoop"], put: "Allow", says: "may bring about their own events: PushLambdaFunction,EraseLambdaFunction" },
  { name: "a table that goes", at: ["Table", "DeletionPolicy"], put: "Delete", says: "Table: goes with the deployment" },
  { name: "one name in all Regions", at: ["PageAccess", "Properties", "OriginAccessControlConfig", "Name"], put: "maru-prod-page", says: "PageAccess: has one name in all Regions" },
  { name: "headers of one name", at: ["PageHeaders", "Properties", "ResponseHeadersPolicyConfig", "Name"], put: "maru-prod-page", says: "PageHeaders: has one name in all Regions" },
  { name: "a table that goes when replaced", at: ["Table", "UpdateReplacePolicy"], says: "Table: goes when another takes its place" },
  { name: "a table that anybody deletes", at: ["Table", "Properties", "DeletionProtectionEnabled"], put: false, says: "Table: DeletionProtectionEnabled is false" },
  { name: "no way back in time", at: ["Table", "Properties", "PointInTimeRecoverySpecification"], says: "PointInTimeRecoverySpecification is undefined" },
];

describe("the packaged template", () => {
  it("has no fault", () => expect(check(template)).toEqual([]));

  it.each(table)("would not pass with $name", ({ at, put, says }) => {
    expect(check(mutate(template, at, put)).join("\n")).toContain(says);
  });
});

const RECORDS = new URL("../../internal/apigw/testdata/stream/", import.meta.url);

/** A record of the table's stream, and the function that takes it; "" for none. */
interface StreamStory {
  readonly about: string;
  readonly record: unknown;
  readonly taken_by: string;
}

// The same records are the input of the functions' own tests, and local/ uses the same filter.
describe("the filters of the stream's readers", () => {
  const stories = readdirSync(RECORDS).map((file) => JSON.parse(readFileSync(new URL(file, RECORDS), "utf8")) as StreamStory);

  it.each(stories)("sort $about", ({ record, taken_by: reader }) => {
    const takers = mappingsOf(template).filter(([, { FilterCriteria: criteria }]) => {
      const { Filters: filters } = criteria as { Filters: { Pattern: string }[] };
      return matches(filters.map(({ Pattern: pattern }) => JSON.parse(pattern) as object), record);
    });
    const handlers = takers.map(([name]) => template.Resources[name]?.Properties?.["Handler"]);
    expect(handlers).toEqual(reader === "" ? [] : [reader]);
  });
});

/** Returns a copy in which one thing is replaced or removed. It throws when the thing to remove is not there. */
function mutate(original: Template, at: Mutation["at"], put: unknown): Template {
  const copy = structuredClone(original);
  let parent = copy.Resources as unknown as Record<string | number, unknown>;
  for (const step of at.slice(0, -1)) parent = parent[step] as typeof parent;
  const last = at.at(-1) ?? "";
  if (put === undefined && !(last in parent)) throw new Error(`${at.join(".")} is not there`);
  if (put !== undefined) parent[last] = put;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}
