/**
 * Loaded before a Node program (--import), this keeps the program and the Node
 * programs that it starts from reaching other machines: a TCP connection to one
 * throws, and so does a DNS query. It holds neither UDP nor programs that are not Node's.
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
 * Returns the host that a socket is to connect to. Node's internal calls pass
 * their arguments as a list; a path is that of a Unix domain socket.
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
 * All TCP connections are opened here: those of net, tls, http, https and fetch.
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
