import { describe } from "./schema.ts";
import { isObject, type Fault, type Template } from "./template.ts";

/** Finds references to things that are not in the template (Ref, Fn::GetAtt, Fn::Sub, DependsOn), and circular dependencies. */
export function checkReferences(template: Template): Fault[] {
  const faults = Object.entries(template.Resources).flatMap(([name, { DependsOn: needed = [], Properties }]) => [
    ...[needed].flat().filter((other) => !(other in template.Resources)).map((other) => `${name}: depends on ${other}, which is not there`),
    ...referencesIn(Properties).flatMap((reference) => check(template, name, reference)),
  ]);
  return [...faults, ...referencesIn(template.Outputs).flatMap((reference) => check(template, "Outputs", reference)), ...checkCycles(template)];
}

/** A reference to a resource, or to an attribute of it. */
type Reference = readonly [name: string, attribute?: string];

function referencesIn(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(readers[key]?.(inner) ?? []), ...referencesIn(inner)]);
}

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

function check(template: Template, from: string, [name, attribute]: Reference): Fault[] {
  if (name.startsWith("AWS::")) return [];
  const resource = template.Resources[name];
  if (!resource) return [`${from}: refers to ${name}, which is not there`];
  if (attribute === undefined || attribute in (describe(resource.Type)?.attributes ?? {})) return [];
  return [`${from}: ${resource.Type} has no attribute ${attribute}`];
}

/** CloudFormation creates a resource after those that it depends on, and refuses circular dependencies. */
function checkCycles(template: Template): Fault[] {
  const made = new Set<string>();
  const visit = (name: string, path: readonly string[]): Fault[] => {
    if (path.includes(name)) return [`circle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`];
    const resource = template.Resources[name];
    if (!resource || made.has(name)) return [];
    const needed = [...[resource.DependsOn ?? []].flat(), ...referencesIn(resource.Properties).map(([other]) => other)];
    const faults = needed.flatMap((other) => visit(other, [...path, name]));
    made.add(name);
    return faults;
  };
  return Object.keys(template.Resources).flatMap((name) => visit(name, []));
}
