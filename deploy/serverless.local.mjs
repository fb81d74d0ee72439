// serverless.yml as it is deployed, with the plugins that run it on a laptop.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const read = createRequire(import.meta.url)("osls/lib/configuration/read");

export default {
  ...(await read(fileURLToPath(new URL("serverless.yml", import.meta.url)))),
  // Validation compiles a schema of all of AWS, half a second at every start. The deployed package is validated.
  configValidationMode: "off",
  plugins: ["./local/plugin.js", "serverless-offline"],
};
