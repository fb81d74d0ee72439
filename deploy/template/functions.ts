import { isObject, resourcesOf, type Fault, type Template } from "./template.ts";

/** Checks what Maru relies on in its functions, their APIs, the stream and the table. */
export function checkFunctions(template: Template): Fault[] {
  return checks.flatMap((check) => check(template));
}

const checks: readonly ((template: Template) => Fault[])[] = [
  checkRuntime, checkLogs, checkLogging, checkAuthorizer, checkRouteResponse, checkCallers, checkThrottling, checkClassic, checkMappings, checkLoop, checkTable, checkNames,
];

function checkRuntime(template: Template): Fault[] {
  return resourcesOf(template, "AWS::Lambda::Function").flatMap(([name, { Runtime: runtime, Architectures: architectures, Code: code }]) => [
    ...(runtime === "provided.al2023" ? [] : [`${name}: runs on ${String(runtime)}`]),
    ...(String(architectures) === "arm64" ? [] : [`${name}: is not built for arm64`]),
    ...(isObject(code) && String(code["S3Key"]).endsWith("/lambda.zip") ? [] : [`${name}: is not of the one zip`]),
  ]);
}

function checkLogs(template: Template): Fault[] {
  const kept = new Map(resourcesOf(template, "AWS::Logs::LogGroup").map(([, group]) => [group["LogGroupName"], group["RetentionInDays"]]));
  return resourcesOf(template, "AWS::Lambda::Function")
    .filter(([, { FunctionName: name }]) => typeof kept.get(`/aws/lambda/${String(name)}`) !== "number")
    .map(([name]) => `${name}: its logs are kept for ever`);
}

/** With text logs, Lambda writes three lines for each invocation, which cost as much as its requests. */
const LOGGING = { LogFormat: "JSON", SystemLogLevel: "WARN", ApplicationLogLevel: "INFO" };

function checkLogging(template: Template): Fault[] {
  return resourcesOf(template, "AWS::Lambda::Function").flatMap(([name, { LoggingConfig: logging }]) =>
    differences(name, isObject(logging) ? logging : {}, LOGGING));
}

/** A browser cannot set headers on a socket: with an identity source, every socket gets 401. */
function checkAuthorizer(template: Template): Fault[] {
  const authorizers = resourcesOf(template, "AWS::ApiGatewayV2::Authorizer");
  const connect = routeOf(template, "$connect");
  return [
    ...authorizers
      .filter(([, { IdentitySource: source }]) => !Array.isArray(source) || source.length > 0)
      .map(([name]) => `${name}: asks for an identity source`),
    ...(connect?.["AuthorizationType"] === "CUSTOM" && connect["AuthorizerId"] ? [] : ["$connect: has no authorizer"]),
  ];
}

function routeOf(template: Template, key: string): Record<string, unknown> | undefined {
  return resourcesOf(template, "AWS::ApiGatewayV2::Route")
    .map(([, route]) => route)
    .find(({ ApiId: api, RouteKey: route }) => route === key && isObject(api) && api["Ref"] === "WebsocketsApi");
}

/** Acknowledgements are the response of the route $default; a deployment that is created before that response lacks it. */
function checkRouteResponse(template: Template): Fault[] {
  const responses = resourcesOf(template, "AWS::ApiGatewayV2::RouteResponse");
  const isWaitedFor = Object.values(template.Resources).some(({ Type: type, DependsOn: needed = [] }) =>
    type === "AWS::ApiGatewayV2::Deployment" && responses.some(([name]) => [needed].flat().includes(name)));
  return [
    ...(routeOf(template, "$default")?.["RouteResponseSelectionExpression"] === "$default" ? [] : ["$default: selects no response"]),
    ...(responses.some(([, { RouteResponseKey: key }]) => key === "$default") ? [] : ["$default: has no response"]),
    ...(isWaitedFor ? [] : ["the deployment does not wait for the response of $default"]),
  ];
}

function checkCallers(template: Template): Fault[] {
  return resourcesOf(template, "AWS::Lambda::Permission")
    .filter(([, { SourceArn: source }]) => !source)
    .map(([name]) => `${name}: lets in callers from any account`);
}

function checkThrottling(template: Template): Fault[] {
  return resourcesOf(template, "AWS::ApiGatewayV2::Stage")
    .filter(([, { DefaultRouteSettings: settings }]) =>
      !isObject(settings) || typeof settings["ThrottlingRateLimit"] !== "number" || typeof settings["ThrottlingBurstLimit"] !== "number")
    .map(([name]) => `${name}: is not throttled`);
}

/** The classic API authenticates nobody, and each of its answers may be 4 MB: a deployment must ask for it. */
function checkClassic(template: Template): Fault[] {
  return resourcesOf(template, "AWS::Lambda::Function").flatMap(([name, { Environment: environment }]) => {
    const { Variables: variables } = environment as { Variables: Record<string, unknown> };
    return variables["MARU_CLASSIC"] === "false" ? [] : [`${name}: answers the classic API unasked`];
  });
}

/**
 * What the two readers of the stream rely on. push: two retries, no old records, order within a room. erase: one slice of a
 * room a second, retried for as long as the stream holds its record.
 */
const MAPPINGS: Readonly<Record<string, Record<string, unknown>>> = {
  PushLambdaFunction: {
    MaximumRetryAttempts: 2, MaximumRecordAgeInSeconds: 60, MaximumBatchingWindowInSeconds: 0, ParallelizationFactor: 1,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"push":{"S":["stream"]}}}}' }] },
  },
  EraseLambdaFunction: {
    StartingPosition: "TRIM_HORIZON", MaximumBatchingWindowInSeconds: 1, ParallelizationFactor: 10,
    MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1,
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["MODIFY"],"dynamodb":{"NewImage":{"erase":{"S":["more"]}}}}' }] },
  },
};

/** DynamoDB allows no third reader of a shard. */
function checkMappings(template: Template): Fault[] {
  const mappings = new Map(mappingsOf(template));
  const strangers = [...mappings.keys()].filter((name) => !(name in MAPPINGS));
  return [
    ...strangers.map((name) => `${name}: reads the table's stream too`),
    ...Object.entries(MAPPINGS).flatMap(([name, wanted]) => differences(name, mappings.get(name) ?? {}, wanted)),
  ];
}

/** The readers of the table's stream, by their functions. */
export function mappingsOf(template: Template): [reader: string, mapping: Record<string, unknown>][] {
  return resourcesOf(template, "AWS::Lambda::EventSourceMapping").map(([name, mapping]) => {
    const { "Fn::GetAtt": [reader = name] = [] } = mapping["FunctionName"] as { "Fn::GetAtt"?: string[] };
    return [reader, mapping];
  });
}

/** Lambda stops what it takes for an endless loop, unless the function allows recursion. */
function checkLoop(template: Template): Fault[] {
  const meant = resourcesOf(template, "AWS::Lambda::Function").filter(([, { RecursiveLoop: loop }]) => loop === "Allow").map(([name]) => name);
  return String(meant) === "EraseLambdaFunction" ? [] : [`functions that may bring about their own events: ${String(meant) || "none"}`];
}

const TABLE = {
  BillingMode: "PAY_PER_REQUEST", StreamSpecification: { StreamViewType: "NEW_IMAGE" },
  TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  DeletionProtectionEnabled: true,
};

function checkTable(template: Template): Fault[] {
  const { DeletionPolicy: onDeletion, UpdateReplacePolicy: onReplacement } = template.Resources["Table"] ?? {};
  return [
    ...(onDeletion === "Retain" ? [] : ["Table: goes with the deployment"]),
    ...(onReplacement === "Retain" ? [] : ["Table: goes when another takes its place"]),
    ...resourcesOf(template, "AWS::DynamoDB::Table").flatMap(([name, table]) => differences(name, table, TABLE)),
  ];
}

/** The names of these types are unique in an account, across its Regions. */
const NAMED: Readonly<Record<string, string>> = {
  "AWS::CloudFront::OriginAccessControl": "OriginAccessControlConfig", "AWS::CloudFront::ResponseHeadersPolicy": "ResponseHeadersPolicyConfig",
};

function checkNames(template: Template): Fault[] {
  return Object.entries(NAMED).flatMap(([type, config]) => resourcesOf(template, type)
    .filter(([, properties]) => !JSON.stringify((properties[config] as { Name?: unknown }).Name).includes("${AWS::Region}"))
    .map(([name]) => `${name}: has one name in all Regions`));
}

function differences(name: string, found: Record<string, unknown>, wanted: Record<string, unknown>): Fault[] {
  return Object.entries(wanted)
    .filter(([key, value]) => JSON.stringify(found[key]) !== JSON.stringify(value))
    .map(([key]) => `${name}: ${key} is ${JSON.stringify(found[key])}`);
}
