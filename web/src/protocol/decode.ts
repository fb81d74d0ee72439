import type { ClientFrame, ServerFrame } from "./frames.ts";
import { frames, kinds, objects, type Shape } from "./shapes.ts";

/** A line that is no frame of this version: a newer type, or not what the schema says. */
export interface Unknown {
  readonly type: "unknown";
  /** The type that the line names; "" when it names none. */
  readonly name: string;
  /** What is wrong with it: the path of a field, "type" for a type that is not known, "json" for text that is not JSON. */
  readonly problem: string;
}

/** Reads one line. It never throws: what cannot be read is an Unknown. */
export function decodeServerFrame(line: string): ServerFrame | Unknown {
  const value = parse(line);
  if (!isObject(value)) return unknown("", "json");
  const name = value["type"];
  if (typeof name !== "string") return unknown("", "type");
  const shape = own(frames, name);
  if (!shape) return unknown(name, "type");
  const problem = misfit(value, shape);
  // The one cast of this module: the shape is generated from the type.
  return problem === null ? (value as unknown as ServerFrame) : unknown(name, problem);
}

/** Reads a message: one frame a line, in order. */
export function decodeMessage(message: string): (ServerFrame | Unknown)[] {
  return message
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(decodeServerFrame);
}

/** Writes one frame as one line. */
export function encode(frame: ClientFrame): string {
  return JSON.stringify(frame);
}

function unknown(name: string, problem: string): Unknown {
  return { type: "unknown", name, problem };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of a table itself, never one that all objects inherit. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The path of the first field that is not as the shape says; null when all are. */
function misfit(value: Fields, shape: Shape): string | null {
  for (const [field, spec] of Object.entries(shape)) {
    const isOptional = spec.endsWith("?");
    const held = own(value, field);
    if (held === undefined && isOptional) continue;
    const problem = misfitOf(held, isOptional ? spec.slice(0, -1) : spec);
    if (problem !== null) return problem === "" ? field : `${field}.${problem}`;
  }
  return null;
}

/** As misfit, for one value; "" when the value itself is wrong. */
function misfitOf(value: unknown, spec: string): string | null {
  if (spec.endsWith("[]")) {
    return Array.isArray(value) ? firstOf(value, spec.slice(0, -2)) : "";
  }
  if (spec.endsWith("{}")) {
    return isObject(value) ? firstOf(Object.values(value), spec.slice(0, -2)) : "";
  }
  const shape = own(objects, spec);
  if (!shape) return typeof value === spec ? null : "";
  if (!isObject(value)) return "";
  return misfit(value, shape) ?? misfitOfKind(value, spec);
}

function firstOf(values: readonly unknown[], spec: string): string | null {
  for (const value of values) {
    const problem = misfitOf(value, spec);
    if (problem !== null) return problem;
  }
  return null;
}

/** An entry of a kind that this version knows has what that kind needs. */
function misfitOfKind(value: Fields, spec: string): string | null {
  const kind = value["kind"];
  if (spec !== "Entry" || typeof kind !== "string") return null;
  const shape = own(kinds, kind);
  return shape ? misfit(value, shape) : null;
}
