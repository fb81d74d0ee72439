import { readFileSync } from "node:fs";
import { isObject, resourcesOf, type Fault, type Template } from "./template.ts";

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/** The table's partition of the signing key, and the functions that must reach it. */
const SECRETS = "S#*";
const KEEPERS = new Set(["authorizer", "http"]);

/** Checks that each function has a role of its own, which allows what the function does and nothing else. */
export function checkPolicies(template: Template): Fault[] {
  return [
    ...checkRoles(template), ...checkBounds(template), ...checkNeeds(template),
    ...resourcesOf(template, "AWS::IAM::Role").flatMap(([name, role]) => checkRole(name, role)),
  ];
}

/** What each function does with the table's items and with connections, as TestActions of e2e/cost has seen it. */
const ACTIONS = JSON.parse(readFileSync(new URL("../../e2e/cost/actions.json", import.meta.url), "utf8")) as Readonly<Record<string, readonly string[]>>;

/** A function may do what it does, and nothing else: a missing permission would show only in AWS, a superfluous one nowhere. */
function checkNeeds(template: Template): Fault[] {
  return resourcesOf(template, "AWS::Lambda::Function").flatMap(([name, { Role: role, Handler: handler }]) => {
    const { "Fn::GetAtt": [roleName = ""] = [] } = role as { "Fn::GetAtt"?: string[] };
    const statements = statementsOf({ ...template.Resources[roleName]?.Properties });
    const items = statements.filter(allowsItems).flatMap(({ Action: actions }) => actions);
    const connections = statements.flatMap(({ Resource: resources }) => [resources].flat().flatMap(manages));
    return unlike(name, [...items, ...connections], ACTIONS[String(handler)]);
  });
}

/** Returns what a resource allows with connections: IAM has the method in the resource, not in the action. */
function manages(resource: unknown): string[] {
  const [, method] = isObject(resource) ? (CONNECTIONS.exec(String(resource["Fn::Sub"])) ?? []) : [];
  return method ? [`execute-api:ManageConnections ${method}`] : [];
}

function unlike(name: string, allowed: readonly string[], needed: readonly string[] = []): Fault[] {
  return [
    ...allowed.filter((action) => !needed.includes(action)).map((action) => `${name}: may ${action}, and never does`),
    ...needed.filter((action) => !allowed.includes(action)).map((action) => `${name}: may not ${action}, and does`),
  ];
}

/** Roles that may reach only one kind of partition. The authorizer's matters most: it runs for anybody who opens a socket. */
const BOUND: readonly { readonly role: string; readonly to: string; readonly what: string }[] = [
  { role: "AuthorizerRole", to: SECRETS, what: "the signing key" },
  { role: "EraseRole", to: "R#*", what: "rooms" },
  { role: "OperatorRole", to: "T#*", what: "tickets" },
];

function checkBounds(template: Template): Fault[] {
  return BOUND.flatMap(({ role, to, what }) => {
    const isBound = ({ Condition: condition }: Statement): boolean => {
      const keys = condition?.["ForAllValues:StringLike"];
      return isObject(keys) && String(keys["dynamodb:LeadingKeys"]) === to;
    };
    const onItems = statementsOf({ ...template.Resources[role]?.Properties }).filter(allowsItems);
    return onItems.length > 0 && onItems.every(isBound) ? [] : [`${role}: reaches more than ${what}`];
  });
}

/** Reports whether a statement allows something on the table's items. The table's stream is a resource of its own, without items. */
function allowsItems({ Effect: effect, Action: actions, Resource: resource }: Statement): boolean {
  const isStream = isObject(resource) && String(resource["Fn::GetAtt"]) === "Table,StreamArn";
  return effect === "Allow" && !isStream && [actions].flat().some((action) => action.startsWith("dynamodb:"));
}

function checkRoles(template: Template): Fault[] {
  const takenBy = new Map<string, string>();
  return resourcesOf(template, "AWS::Lambda::Function").flatMap(([name, { Role: role, Handler: handler }]) => {
    const { "Fn::GetAtt": [roleName] = [] } = role as { "Fn::GetAtt"?: string[] };
    if (!roleName || !template.Resources[roleName]) return [`${name}: has no role of this template`];
    const other = takenBy.get(roleName);
    takenBy.set(roleName, name);
    if (other) return [`${name}: shares its role with ${other}`];
    const isDenied = statementsOf({ ...template.Resources[roleName].Properties }).some(deniesSecretsInTable);
    if (isDenied === KEEPERS.has(String(handler))) return [`${name}: is ${isDenied ? "" : "not "}denied the signing key in the table`];
    return [];
  });
}

/** The denial does not cover the table's stream, in which push and erase could read a key within a day after it was made. */
function deniesSecretsInTable({ Effect: effect, Action: action, Resource: resource, Condition: condition }: Statement): boolean {
  const isTable = isObject(resource) && String(resource["Fn::GetAtt"]) === "Table,Arn";
  const keys = condition?.["ForAnyValue:StringLike"];
  return effect === "Deny" && action === "dynamodb:*" && isTable && isObject(keys) && String(keys["dynamodb:LeadingKeys"]) === SECRETS;
}

function checkRole(name: string, role: Record<string, unknown>): Fault[] {
  const managed = role["ManagedPolicyArns"] ? [`${name}: takes policies that others wrote`] : [];
  return [...managed, ...statementsOf(role).filter(({ Effect }) => Effect === "Allow").flatMap((statement) => checkStatement(name, statement))];
}

function statementsOf(role: Record<string, unknown>): Statement[] {
  const policies = (role["Policies"] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument: { Statement: statements } }) => statements);
}

function checkStatement(name: string, { Action: actions, Resource: resources }: Statement): Fault[] {
  return [
    ...[actions].flat().filter((action) => action.includes("*")).map((action) => `${name}: allows ${action}`),
    ...[resources].flat().flatMap((resource) => checkResource(name, resource)),
  ];
}

const CONNECTIONS = /:\$\{WebsocketsApi\}\/[^*/]+\/(POST|DELETE)\/@connections\/\*$/;

/** A policy's resource must be an attribute of a resource in the template, or the connections of its WebSocket API. */
function checkResource(name: string, resource: unknown): Fault[] {
  if (isObject(resource) && Array.isArray(resource["Fn::GetAtt"])) return [];
  if (isObject(resource) && typeof resource["Fn::Sub"] === "string" && CONNECTIONS.test(resource["Fn::Sub"])) return [];
  return [`${name}: allows something on ${JSON.stringify(resource)}`];
}
