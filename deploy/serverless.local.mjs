// serverless.yml as it is deployed, with the plugins that run it on a laptop.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const read = createRequire(import.meta.url)("osls/lib/configuration/read");

export default {
  ...(await read(fileURLToPath(new URL("serverless.yml", import.meta.url)))),
  // Every start would compile a schema of all of AWS for half a second; the package that is deployed is held to it.
  configValidationMode: "off",
  plugins: ["./local/plugin.js", "serverless-offline"],
};
