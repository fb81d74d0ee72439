/**
 * Loaded before a program of Node (--import), this keeps it and the programs of
 * Node that it starts on this machine: to connect elsewhere throws, and so does
 * to ask for a name. What speaks UDP, or is another program, it does not hold.
 */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @param {unknown} host */
function refuse(host) {
  if (!LOOPBACK.test(String(host))) throw new Error(`offline: ${String(host)} is not on this machine`);
}

/**
 * The host that a socket is to connect to. Node's own calls hand their arguments
 * over in a list; a path is that of a socket in the file system.
 *
 * @param {any[]} args
 */
function hostOf([first, second]) {
  const target = Array.isArray(first) ? first[0] : first;
  if (typeof target !== "object") return typeof second === "string" ? second : "localhost";
  return target.path ? "localhost" : (target.host ?? "localhost");
}

const { connect } = net.Socket.prototype;

/**
 * All of TCP comes by here: net, tls, http, https and fetch.
 *
 * @this {net.Socket}
 * @param {...any} args
 */
net.Socket.prototype.connect = function (...args) {
  refuse(hostOf(args));
  return Reflect.apply(connect, this, args);
};

for (const names of [dns, dns.promises]) {
  const questions = /** @type {Record<string, (...args: unknown[]) => unknown>} */ (/** @type {unknown} */ (names));
  for (const [name, ask] of Object.entries(questions)) {
    if (!/^(lookup|resolve|reverse)/.test(name)) continue;
    questions[name] = (...args) => {
      refuse(args[0]);
      return Reflect.apply(ask, names, args);
    };
  }
}

syncBuiltinESMExports();
