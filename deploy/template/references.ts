import { describe } from "./schema.ts";
import { isObject, type Fault, type Template } from "./template.ts";

/** Names of things that are not in the template: Ref, Fn::GetAtt, Fn::Sub, DependsOn. */
export function checkReferences(template: Template): Fault[] {
  const faults = Object.entries(template.Resources).flatMap(([name, { DependsOn: needed = [], Properties }]) => [
    ...[needed].flat().filter((other) => !(other in template.Resources)).map((other) => `${name}: depends on ${other}, which is not there`),
    ...walk(template, name, Properties),
  ]);
  return [...faults, ...walk(template, "Outputs", template.Outputs)];
}

function walk(template: Template, path: string, value: unknown): Fault[] {
  if (Array.isArray(value)) return value.flatMap((inner, i) => walk(template, `${path}[${i}]`, inner));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(readers[key]?.(inner) ?? []).flatMap((reference) => check(template, path, reference)),
    ...walk(template, `${path}.${key}`, inner),
  ]);
}

/** What a reference names: a resource, and an attribute of it where it has one. */
type Reference = readonly [name: string, attribute?: string];

const readers: Readonly<Record<string, (value: unknown) => Reference[]>> = {
  Ref: (value) => [[String(value)]],
  "Fn::GetAtt": (value) => {
    const [name = "", ...attribute] = Array.isArray(value) ? value.map(String) : String(value).split(".");
    return [[name, attribute.join(".")]];
  },
  "Fn::Sub": (value) => {
    const [text, own] = (Array.isArray(value) ? value : [value, {}]) as [string, object];
    return [...text.matchAll(/\$\{([^!}]+)\}/g)].map(([, name = ""]) => name).filter((name) => !(name in own)).map(split);
  },
};

function split(name: string): Reference {
  const [resource = "", ...attribute] = name.split(".");
  return attribute.length > 0 ? [resource, attribute.join(".")] : [resource];
}

function check(template: Template, path: string, [name, attribute]: Reference): Fault[] {
  if (name.startsWith("AWS::")) return [];
  const resource = template.Resources[name];
  if (!resource) return [`${path}: refers to ${name}, which is not there`];
  if (attribute === undefined || attribute in (describe(resource.Type)?.attributes ?? {})) return [];
  return [`${path}: ${resource.Type} has no attribute ${attribute}`];
}
