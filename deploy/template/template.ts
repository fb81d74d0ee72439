import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The CloudFormation template of a deployment. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** A fault of a template, described in one line. */
export type Fault = string;

const OSLS = createRequire(import.meta.url).resolve("osls/bin/serverless.js");
const SERVICE = fileURLToPath(new URL("..", import.meta.url));

const OFFLINE = new URL("offline.js", import.meta.url).href;

/** Runs a Node program that cannot reach other machines and sees no environment variable of its caller but PATH. Returns its output. */
export async function runOffline(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", ...environment, NODE_OPTIONS: `--import ${OFFLINE}` };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: SERVICE, env });
  return stdout;
}

/** Packages serverless.yml without credentials and without a network, and returns the template. */
export async function packageTemplate(): Promise<Template> {
  const folder = await mkdtemp(join(tmpdir(), "maru-template-"));
  try {
    const artifact = join(folder, "lambda.zip"); // the template has its name and nothing of its content
    await writeFile(artifact, "");
    const environment = { HOME: folder, SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" };
    await runOffline([OSLS, "package", "--package", join(folder, "out"), "--param", `artifact=${artifact}`], environment);
    return JSON.parse(await readFile(join(folder, "out", "cloudformation-template-update-stack.json"), "utf8")) as Template;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns every resource of a type, with its name. */
export function resourcesOf(template: Template, type: string): [name: string, properties: Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([name, resource]) => [name, { ...resource.Properties }]);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reports whether CloudFormation computes the value. */
export function isIntrinsic(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "Ref" || keys[0] === "Condition" || keys[0]?.startsWith("Fn::") === true);
}
