import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { isIntrinsic, isObject, type Fault, type Template } from "./template.ts";

const registry = loadAwsServiceSpecSync();

type Properties = Readonly<Record<string, { readonly type: PropertyType; readonly required?: boolean | undefined }>>;

/** The registry's types, as far as the template uses them. */
type PropertyType =
  | { readonly type: "string" | "integer" | "number" | "boolean" | "json" | "date-time" | "null" | "tag" }
  | { readonly type: "array" | "map"; readonly element: PropertyType }
  | { readonly type: "ref"; readonly reference: { readonly $ref: string } }
  | { readonly type: "union"; readonly types: readonly PropertyType[] };

/** Returns a type as CloudFormation's registry describes it, or null if the registry does not know it. */
export function describe(type: string): { readonly properties: Properties; readonly attributes: Readonly<Record<string, unknown>> } | null {
  return (registry.lookup("resource", "cloudFormationType", "equals", type)[0] as ReturnType<typeof describe> | undefined) ?? null;
}

/** Finds unknown types and properties, missing required properties, and values of the wrong type. */
export function checkSchema(template: Template): Fault[] {
  return Object.entries(template.Resources).flatMap(([name, resource]) => {
    const described = describe(resource.Type);
    if (!described) return [`${name}: unknown type ${resource.Type}`];
    return checkProperties(name, resource.Properties ?? {}, described.properties);
  });
}

function checkProperties(path: string, value: Readonly<Record<string, unknown>>, properties: Properties): Fault[] {
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required && !(name in value))
    .map(([name]) => `${path}: ${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const property = properties[name];
    return property ? checkValue(`${path}.${name}`, inner, property.type) : [`${path}: unknown property ${name}`];
  });
  return [...missing, ...wrong];
}

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  "date-time": (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  json: (value) => typeof value === "object" || typeof value === "string",
  null: (value) => value === null,
  tag: (value) => isObject(value) && typeof value["Key"] === "string" && "Value" in value,
};

function checkValue(path: string, value: unknown, type: PropertyType): Fault[] {
  if (isIntrinsic(value)) return [];
  switch (type.type) {
    case "array":
      if (!Array.isArray(value)) return [`${path}: not a list`];
      return value.flatMap((inner, i) => checkValue(`${path}[${i}]`, inner, type.element));
    case "map":
      if (!isObject(value)) return [`${path}: not a map`];
      return Object.entries(value).flatMap(([key, inner]) => checkValue(`${path}.${key}`, inner, type.element));
    case "ref": {
      if (!isObject(value)) return [`${path}: not an object`];
      const { properties } = registry.get("typeDefinition", type.reference.$ref) as unknown as { properties: Properties };
      return checkProperties(path, value, properties);
    }
    case "union": {
      const faults = type.types.map((option) => checkValue(path, value, option));
      return faults.some((found) => found.length === 0) ? [] : (faults[0] ?? []);
    }
    default:
      return primitives[type.type]?.(value) ? [] : [`${path}: not of type ${type.type}`];
  }
}
